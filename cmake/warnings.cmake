# SPDX-License-Identifier: EUPL-1.2
# Warnings are errors; hardening everywhere; the sanitizers by preset.
add_library(navette_options INTERFACE)
target_compile_options(navette_options INTERFACE
	-Wall -Wextra -Wconversion -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum
	-Wformat=2 -Wundef -Werror -fstack-protector-strong -fno-common)
target_compile_definitions(navette_options INTERFACE _GNU_SOURCE NAVETTE_VERSION="${PROJECT_VERSION}")
target_include_directories(navette_options INTERFACE ${PROJECT_SOURCE_DIR})
if(NAVETTE_SANITIZE)
	target_compile_options(navette_options INTERFACE -fsanitize=${NAVETTE_SANITIZE} -fno-omit-frame-pointer
		-fno-sanitize-recover=all)
	target_link_options(navette_options INTERFACE -fsanitize=${NAVETTE_SANITIZE})
else()
	target_compile_options(navette_options INTERFACE $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
target_link_options(navette_options INTERFACE -Wl,-z,relro,-z,now)
