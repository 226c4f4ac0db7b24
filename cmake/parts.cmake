# SPDX-License-Identifier: EUPL-1.2
# The given parts, each as one imported target.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET libcjson)
pkg_check_modules(MODBUS REQUIRED IMPORTED_TARGET libmodbus)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd)
pkg_check_modules(INIH REQUIRED IMPORTED_TARGET inih)
pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka)
find_library(PAHO_MQTT_ASYNC paho-mqtt3as REQUIRED)
add_library(paho INTERFACE)
target_link_libraries(paho INTERFACE ${PAHO_MQTT_ASYNC})
