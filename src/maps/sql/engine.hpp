#pragma once
// Purpose: the databases that tables (pgsql:, mysql:, sqlite:) and Cyrus's sql_engine name: one file each, a row each
//          in engine.cpp.
// Errors: a trouble names host and database, never a statement: there may be a password in it.
// Concurrency: one connection, one thread; calls block: a connection for `connect_limit`, a statement for `time_limit`
//              at most. [deviates: name look-ups inside the libraries last as long as the system's resolver lets them]
// Security: a connection runs one statement at a time; what stands behind a ';' is refused or never run.

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "os/sandbox.hpp"

namespace postern::maps::sql {

struct endpoint {
  std::string host;  ///< "postgresql://…": all that libpq reads in a URI; empty: the library's own default; with a
                     ///< leading '/': a UNIX socket (its directory: pgsql)
  std::string port;
  friend bool operator==(endpoint const&, endpoint const&) = default;
};

/// What Postfix's mysql_table(5) calls tls_*.
struct tls_files {
  std::string ca_file;
  std::string ca_directory;
  std::string certificate;
  std::string key;
  std::string ciphers;
  bool verify = false;  ///< the server's name must be in its certificate
  bool operator==(tls_files const&) const = default;
};

/// "host", "host:port", "[address]:port", "/socket"; of the many colons of a bare IPv6 address none is before a port.
endpoint parse_endpoint(std::string_view text);

struct account_at {
  std::string user;
  secret password;
  std::string database;
  bool tls = false;
  tls_files tls_with;         ///< mysql
  std::string options_file;   ///< mysql; empty: the library's own places
  std::string options_group;  ///< mysql; with neither no option file is read
  std::string encoding;       ///< of what is asked and told; empty: UTF-8
  std::chrono::seconds connect_limit{5};
  std::chrono::seconds time_limit{30};
};

struct trouble {
  enum class kind : std::uint8_t {
    unaskable,  ///< octets that the database cannot hold, or too many of them
    refused,    ///< the database does not take the statement; the connection is all right
    lost,       ///< the connection is of no use any more
    too_slow,   ///< likewise, because the time limit has passed
  };
  kind what = kind::lost;
  std::string text;
};
/// Nothing: NULL.
using column = std::optional<secret>;
struct told_rows {
  bool has_rows = false;  ///< the statement is of those that tell rows, even if there are none
  std::vector<std::vector<column>> rows;
  bool cut = false;  ///< there are more
};
/// First column of the first row, empty for NULL; nothing: no row.
std::optional<secret> take_first(told_rows&& from);
using answer = std::expected<told_rows, trouble>;

class connection {
 public:
  virtual ~connection() = default;
  /// Without quotation marks around it. A failure: octets that are no text there.
  virtual result<secret> escape(std::string_view text) = 0;
  virtual answer query(secret const& statement, std::size_t rows_max) = 0;
};

struct engine_row {
  std::string_view name;
  bool backslashes = false;  ///< they mean something in texts
  result<std::unique_ptr<connection>> (*connect)(endpoint const& at, account_at const& as);
  /// Loads what cannot be loaded any more once the process is shut in, and adds what its connections need there.
  void (*ask_for)(endpoint const& at, account_at const& as, os::sandbox_rules& more);
};
/// By name, in any case; nullptr when there is none.
engine_row const* find_engine(std::string_view name);

/// A UNIX socket, or what network_needs.hpp says.
void ask_for_connection(endpoint const& at, std::uint16_t usual_port, os::sandbox_rules& more);

result<std::unique_ptr<connection>> connect_pgsql(endpoint const& at, account_at const& as);
result<std::unique_ptr<connection>> connect_mysql(endpoint const& at, account_at const& as);
result<std::unique_ptr<connection>> connect_sqlite(endpoint const& at, account_at const& as);
void pgsql_asks_for(endpoint const& at, account_at const& as, os::sandbox_rules& more);
void mysql_asks_for(endpoint const& at, account_at const& as, os::sandbox_rules& more);
void sqlite_asks_for(endpoint const& at, account_at const& as, os::sandbox_rules& more);

}  // namespace postern::maps::sql
