#include <memory>

#include <fmt/format.h>

#include "base/text.hpp"
#include "maps/sql/engine.hpp"
#include "maps/sql/libmariadb.hpp"

namespace postern::maps::sql {
namespace {

using namespace libmariadb;
using clock = std::chrono::steady_clock;
constexpr std::uint16_t usual_port = 3306;
constexpr int authentication_plugin = 2;        // mysql/client_plugin.h, which Debian has without what it includes
constexpr unsigned client_errors_begin = 2000;  // the library's own, errmsg.h; others are the server's
constexpr unsigned client_errors_end = 3000;
constexpr unsigned connection_was_killed = 1927;
constexpr unsigned idle_connection_was_closed = 4031;

struct closer {
  void operator()(MYSQL* one) const { mysql_close(one); }
  void operator()(MYSQL_RES* one) const { mysql_free_result(one); }
};

class mysql final : public connection {
 public:
  mysql(std::unique_ptr<MYSQL, closer> handle, std::string named, std::chrono::seconds time_limit)
      : handle_(std::move(handle)), named_(std::move(named)), time_limit_(time_limit) {}

  result<secret> escape(std::string_view text) override {
    std::string out(2 * text.size() + 1, '\0');
    auto const size = mysql_real_escape_string(handle_.get(), out.data(), text.data(), text.size());
    if (size == static_cast<unsigned long>(-1)) return fail("not in the database's character set");
    out.resize(size);
    return secret(std::move(out));
  }

  answer query(secret const& statement, std::size_t rows_max) override {
    auto const begun = clock::now();
    auto const text = statement.reveal();
    if (mysql_real_query(handle_.get(), text.data(), text.size()) != 0) return failed(begun);
    auto told = take_rows(begun, rows_max);
    // A procedure tells, behind its rows, that it has come to its end.
    while (told) {
      int const more = mysql_next_result(handle_.get());
      if (more < 0) break;
      if (more > 0) return failed(begun);
      auto const next = take_rows(begun, 0);
      if (!next) return next;
      if (next->has_rows) return std::unexpected(trouble{trouble::kind::refused, named_ + ": more than one result"});
    }
    return told;
  }

 private:
  answer take_rows(clock::time_point begun, std::size_t rows_max) const {
    std::unique_ptr<MYSQL_RES, closer> const got(mysql_store_result(handle_.get()));
    if (!got && mysql_field_count(handle_.get()) == 0) return told_rows{};
    if (!got) return failed(begun);
    told_rows told{.has_rows = true, .rows = {}, .cut = mysql_num_rows(got.get()) > rows_max};
    auto const columns = mysql_num_fields(got.get());
    while (told.rows.size() < rows_max) {
      MYSQL_ROW const row = mysql_fetch_row(got.get());
      if (row == nullptr) break;
      auto const* const sizes = mysql_fetch_lengths(got.get());
      auto& into = told.rows.emplace_back();
      for (unsigned i = 0; i < columns; ++i) {
        into.push_back(row[i] == nullptr ? column() : column(std::string_view(row[i], sizes[i])));
      }
    }
    return told;
  }

  // The server's numbers, not its texts: a syntax error quotes the statement.
  std::unexpected<trouble> failed(clock::time_point begun) const {
    auto const number = mysql_errno(handle_.get());
    bool const own = number >= client_errors_begin && number < client_errors_end;
    auto what = trouble::kind::refused;
    if (own || number == connection_was_killed || number == idle_connection_was_closed) what = trouble::kind::lost;
    if (own && clock::now() - begun >= time_limit_) what = trouble::kind::too_slow;
    std::string_view why = own ? mysql_error(handle_.get()) : "see the server's documentation of this number";
    if (what == trouble::kind::too_slow) why = "no answer in time";
    return std::unexpected(trouble{what, fmt::format("{}: error {} ({}): {}", named_, number,
                                                     mysql_sqlstate(handle_.get()), printable(why, 300))});
  }

  std::unique_ptr<MYSQL, closer> handle_;
  std::string named_;
  std::chrono::seconds time_limit_;
};

/// For what an option file may say instead.
char const* text_or_null(std::string const& value) { return value.empty() ? nullptr : value.c_str(); }

bool wants_tls(account_at const& as) { return as.tls || as.tls_with != tls_files{}; }

void set_tls(MYSQL* handle, account_at const& as) {
  my_bool const wanted = wants_tls(as) ? 1 : 0;
  my_bool const verify = as.tls_with.verify ? 1 : 0;
  auto const& with = as.tls_with;
  if (with != tls_files{}) {
    mysql_ssl_set(handle, text_or_null(with.key), text_or_null(with.certificate), text_or_null(with.ca_file),
                  text_or_null(with.ca_directory), text_or_null(with.ciphers));
  }
  mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &wanted);
  if (verify != 0) mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

}  // namespace

result<std::unique_ptr<connection>> connect_mysql(endpoint const& at, account_at const& as) {
  if (auto const loaded = library.load(); !loaded) return fail("mysql: " + loaded.error().text);
  std::unique_ptr<MYSQL, closer> handle(mysql_init(nullptr));
  if (!handle) return fail("mysql: no memory");
  auto const connect_limit = static_cast<unsigned>(as.connect_limit.count());
  auto const limit = static_cast<unsigned>(as.time_limit.count());
  mysql_options(handle.get(), MYSQL_OPT_CONNECT_TIMEOUT, &connect_limit);
  mysql_options(handle.get(), MYSQL_OPT_READ_TIMEOUT, &limit);
  mysql_options(handle.get(), MYSQL_OPT_WRITE_TIMEOUT, &limit);
  mysql_options(handle.get(), MYSQL_SET_CHARSET_NAME, as.encoding.empty() ? "utf8mb4" : as.encoding.c_str());
  unsigned const no_local_files = 0;  // a server may ask a client for its files
  mysql_options(handle.get(), MYSQL_OPT_LOCAL_INFILE, &no_local_files);
  set_tls(handle.get(), as);
  if (!as.options_file.empty()) mysql_options(handle.get(), MYSQL_READ_DEFAULT_FILE, as.options_file.c_str());
  if (!as.options_group.empty()) mysql_options(handle.get(), MYSQL_READ_DEFAULT_GROUP, as.options_group.c_str());
  bool const local = at.host.starts_with('/');
  auto const port = static_cast<unsigned>(parse_unsigned(at.port).value_or(0));
  auto const named = fmt::format("mysql {} on {}{}{}", as.database, at.host.empty() ? "the default host" : at.host,
                                 at.port.empty() ? "" : ":", at.port);
  auto* const connected =
      mysql_real_connect(handle.get(), local ? nullptr : text_or_null(at.host), text_or_null(as.user),
                         as.password.empty() ? nullptr : as.password.reveal().data(), as.database.c_str(), port,
                         local ? at.host.c_str() : nullptr, CLIENT_MULTI_RESULTS);
  if (connected == nullptr) return fail(fmt::format("{}: {}", named, printable(mysql_error(handle.get()), 300)));
  // The library goes on in clear when the server has no TLS. So far the password has not been in it: mysql_asks_for().
  if (wants_tls(as) && mysql_get_ssl_cipher(handle.get()) == nullptr) {
    return fail(fmt::format("{}: TLS is asked for and the server has none", named));
  }
  return std::make_unique<mysql>(std::move(handle), named, as.time_limit);
}

// Ways to log in that the library has as files. The one that sends the password in clear stays out: a server that is
// not the right one would ask for it.
void mysql_asks_for(endpoint const& at, account_at const& as, os::sandbox_rules& more) {
  if (!library.load()) return;
  std::unique_ptr<MYSQL, closer> const handle(mysql_init(nullptr));
  for (auto const* const name : {"caching_sha2_password", "sha256_password", "client_ed25519"}) {
    if (handle) mysql_load_plugin(handle.get(), name, authentication_plugin, 0);
  }
  ask_for_connection(at, usual_port, more);
  for (auto const& file :
       {as.options_file, as.tls_with.ca_file, as.tls_with.ca_directory, as.tls_with.certificate, as.tls_with.key}) {
    if (!file.empty()) more.readable.push_back(file);
  }
  if (as.options_file.empty() && as.options_group.empty()) return;
  more.syscalls.push_back(os::syscall_set::files_read);
  for (auto const* const usual : {"/etc/my.cnf", "/etc/mysql"}) more.readable.emplace_back(usual);
}

}  // namespace postern::maps::sql
