# SPDX-License-Identifier: EUPL-1.2
# What a test links stands in the test, once: /* links: navette_wire navette_daemon */
# "whole:navette_service" takes every object of the archive, used or not.
function(test_links source out)
	file(STRINGS ${source} line REGEX "links:" LIMIT_COUNT 1)
	string(REGEX REPLACE ".*links:([A-Za-z0-9_: -]*).*" "\\1" words "${line}")
	separate_arguments(words)
	list(TRANSFORM words REPLACE "^whole:(.*)$" "$<LINK_LIBRARY:WHOLE_ARCHIVE,\\1>")
	set(${out} ${words} PARENT_SCOPE)
	# a changed comment is a changed build
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
endfunction()
