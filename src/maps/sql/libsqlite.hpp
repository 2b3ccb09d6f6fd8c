#pragma once
// Purpose: what sqlite.cpp calls of SQLite, loaded with the first table that wants it.
// Errors, Concurrency: as os/shared_library.hpp

#include <sqlite3.h>

#include "os/shared_library.hpp"

namespace postern::maps::sql::libsqlite {

inline constinit os::shared_library library("libsqlite3.so.0");

template <class Function>
using function = os::library_function<Function>;

inline constinit function<decltype(::sqlite3_busy_timeout)> sqlite3_busy_timeout(library, "sqlite3_busy_timeout");
inline constinit function<decltype(::sqlite3_close)> sqlite3_close(library, "sqlite3_close");
inline constinit function<decltype(::sqlite3_column_blob)> sqlite3_column_blob(library, "sqlite3_column_blob");
inline constinit function<decltype(::sqlite3_column_bytes)> sqlite3_column_bytes(library, "sqlite3_column_bytes");
inline constinit function<decltype(::sqlite3_column_count)> sqlite3_column_count(library, "sqlite3_column_count");
inline constinit function<decltype(::sqlite3_column_type)> sqlite3_column_type(library, "sqlite3_column_type");
inline constinit function<decltype(::sqlite3_errstr)> sqlite3_errstr(library, "sqlite3_errstr");
inline constinit function<decltype(::sqlite3_finalize)> sqlite3_finalize(library, "sqlite3_finalize");
inline constinit function<decltype(::sqlite3_open_v2)> sqlite3_open_v2(library, "sqlite3_open_v2");
inline constinit function<decltype(::sqlite3_prepare_v2)> sqlite3_prepare_v2(library, "sqlite3_prepare_v2");
inline constinit function<decltype(::sqlite3_step)> sqlite3_step(library, "sqlite3_step");

}  // namespace postern::maps::sql::libsqlite
