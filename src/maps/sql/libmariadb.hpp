#pragma once
// Purpose: what mysql.cpp calls of MariaDB's client library, loaded with the first table that wants it.
// Errors, Concurrency: as os/shared_library.hpp

#include <mysql.h>

#include "os/shared_library.hpp"

namespace postern::maps::sql::libmariadb {

inline constinit os::shared_library library("libmariadb.so.3");

template <class Function>
using function = os::library_function<Function>;

inline constinit function<decltype(::mysql_close)> mysql_close(library, "mysql_close");
inline constinit function<decltype(::mysql_errno)> mysql_errno(library, "mysql_errno");
inline constinit function<decltype(::mysql_error)> mysql_error(library, "mysql_error");
inline constinit function<decltype(::mysql_fetch_lengths)> mysql_fetch_lengths(library, "mysql_fetch_lengths");
inline constinit function<decltype(::mysql_fetch_row)> mysql_fetch_row(library, "mysql_fetch_row");
inline constinit function<decltype(::mysql_field_count)> mysql_field_count(library, "mysql_field_count");
inline constinit function<decltype(::mysql_free_result)> mysql_free_result(library, "mysql_free_result");
inline constinit function<decltype(::mysql_get_ssl_cipher)> mysql_get_ssl_cipher(library, "mysql_get_ssl_cipher");
inline constinit function<decltype(::mysql_init)> mysql_init(library, "mysql_init");
inline constinit function<decltype(::mysql_load_plugin)> mysql_load_plugin(library, "mysql_load_plugin");
inline constinit function<decltype(::mysql_next_result)> mysql_next_result(library, "mysql_next_result");
inline constinit function<decltype(::mysql_num_fields)> mysql_num_fields(library, "mysql_num_fields");
inline constinit function<decltype(::mysql_num_rows)> mysql_num_rows(library, "mysql_num_rows");
inline constinit function<decltype(::mysql_options)> mysql_options(library, "mysql_options");
inline constinit function<decltype(::mysql_real_connect)> mysql_real_connect(library, "mysql_real_connect");
inline constinit function<decltype(::mysql_real_escape_string)> mysql_real_escape_string(library,
                                                                                         "mysql_real_escape_string");
inline constinit function<decltype(::mysql_real_query)> mysql_real_query(library, "mysql_real_query");
inline constinit function<decltype(::mysql_sqlstate)> mysql_sqlstate(library, "mysql_sqlstate");
inline constinit function<decltype(::mysql_ssl_set)> mysql_ssl_set(library, "mysql_ssl_set");
inline constinit function<decltype(::mysql_store_result)> mysql_store_result(library, "mysql_store_result");

}  // namespace postern::maps::sql::libmariadb
