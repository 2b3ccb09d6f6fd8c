# Compiler, language, warnings and hardening: what every target gets.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  message(FATAL_ERROR
    "Postern is built with clang 19: g++ 12.2 miscompiles coroutines (an `if (co_await ...)` body can be skipped "
    "silently and temporaries inside a co_await expression can be freed twice), so it is refused. "
    "Run script/setup, then script/build, or pass -DCMAKE_CXX_COMPILER=clang++-19.")
endif()
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR "Postern needs clang 19 or newer; this is ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)  # -fPIE below: everything ends in an executable, one setting fits the PCHs
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

option(POSTERN_WERROR "Treat warnings as errors" ON)
option(POSTERN_FUZZ "Build the libFuzzer targets" OFF)
set(POSTERN_SANITIZE "" CACHE STRING "Sanitizers for all code, e.g. address,undefined")

find_program(POSTERN_CCACHE ccache)
if(POSTERN_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${POSTERN_CCACHE})
endif()

# Optimizing the tests themselves takes two thirds of the time to build them and buys nothing; what they test is
# optimized. Glibc has no _FORTIFY_SOURCE without optimization.
define_property(TARGET PROPERTY POSTERN_IS_TEST)
set(is_test $<BOOL:$<TARGET_PROPERTY:POSTERN_IS_TEST>>)

add_library(postern_flags INTERFACE)
target_compile_options(postern_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Wimplicit-fallthrough -Wno-missing-designated-field-initializers
  $<$<BOOL:${POSTERN_WERROR}>:-Werror>
  -fPIE -fno-omit-frame-pointer -fstack-protector-strong -ftrivial-auto-var-init=zero
  -Xclang -fno-pch-timestamp
  "$<$<CONFIG:Release>:$<IF:${is_test},-O0,-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3>>")
target_compile_definitions(postern_flags INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_REGEX
  $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
target_include_directories(postern_flags INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
target_link_options(postern_flags INTERFACE -fuse-ld=lld-19 -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed)
if(POSTERN_SANITIZE)
  target_compile_options(postern_flags INTERFACE -fsanitize=${POSTERN_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(postern_flags INTERFACE -fsanitize=${POSTERN_SANITIZE})
endif()
if(POSTERN_FUZZ)
  target_compile_options(postern_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
