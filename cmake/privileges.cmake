# programs/PRIVILEGES becomes a string in a generated header, so that a program enforces the table it was built with.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/programs/PRIVILEGES)
file(READ ${CMAKE_SOURCE_DIR}/programs/PRIVILEGES POSTERN_PRIVILEGES)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/privileges_table.hpp @ONLY CONTENT [=[
#pragma once
// Generated from programs/PRIVILEGES.
inline constexpr char privileges_table[] = R"PRIVILEGES(@POSTERN_PRIVILEGES@)PRIVILEGES";
]=])
