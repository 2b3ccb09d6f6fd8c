#include <mysql.h>

#include <memory>

#include <fmt/format.h>

#include "auth/sql/engine.hpp"
#include "base/text.hpp"

namespace postern::auth::sql {
namespace {

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

  answer query(secret const& statement) override {
    auto const begun = clock::now();
    auto const text = statement.reveal();
    if (mysql_real_query(handle_.get(), text.data(), text.size()) != 0) return failed(begun);
    std::unique_ptr<MYSQL_RES, closer> const got(mysql_store_result(handle_.get()));
    if (!got && mysql_field_count(handle_.get()) == 0) return std::nullopt;
    if (!got) return failed(begun);
    MYSQL_ROW const row = mysql_fetch_row(got.get());
    if (row == nullptr) return std::nullopt;
    if (row[0] == nullptr) return secret();
    return secret(std::string_view(row[0], mysql_fetch_lengths(got.get())[0]));
  }

 private:
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

}  // namespace

result<std::unique_ptr<connection>> connect_mysql(endpoint const& at, account_at const& as) {
  std::unique_ptr<MYSQL, closer> handle(mysql_init(nullptr));
  if (!handle) return fail("mysql: no memory");
  auto const connect_limit = static_cast<unsigned>(as.connect_limit.count());
  auto const limit = static_cast<unsigned>(as.time_limit.count());
  mysql_options(handle.get(), MYSQL_OPT_CONNECT_TIMEOUT, &connect_limit);
  mysql_options(handle.get(), MYSQL_OPT_READ_TIMEOUT, &limit);
  mysql_options(handle.get(), MYSQL_OPT_WRITE_TIMEOUT, &limit);
  mysql_options(handle.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
  unsigned const no_local_files = 0;  // a server may ask a client for its files
  mysql_options(handle.get(), MYSQL_OPT_LOCAL_INFILE, &no_local_files);
  my_bool const tls = as.tls ? 1 : 0;
  mysql_options(handle.get(), MYSQL_OPT_SSL_ENFORCE, &tls);
  bool const local = at.host.starts_with('/');
  auto const port = static_cast<unsigned>(parse_unsigned(at.port).value_or(0));
  auto const named = fmt::format("mysql {} on {}{}{}", as.database, at.host.empty() ? "the default host" : at.host,
                                 at.port.empty() ? "" : ":", at.port);
  auto* const connected =
      mysql_real_connect(handle.get(), local || at.host.empty() ? nullptr : at.host.c_str(), as.user.c_str(),
                         as.password.reveal().data(), as.database.c_str(), port, local ? at.host.c_str() : nullptr, 0);
  if (connected == nullptr) return fail(fmt::format("{}: {}", named, printable(mysql_error(handle.get()), 300)));
  // The library goes on in clear when the server has no TLS. So far the password has not been in it: mysql_asks_for().
  if (as.tls && mysql_get_ssl_cipher(handle.get()) == nullptr) {
    return fail(fmt::format("{}: sql_usessl is set and the server has no TLS", named));
  }
  return std::make_unique<mysql>(std::move(handle), named, as.time_limit);
}

// Ways to log in that the library has as files. The one that sends the password in clear stays out: a server that is
// not the right one would ask for it.
void mysql_asks_for(endpoint const& at, account_at const&, os::sandbox_rules& more) {
  std::unique_ptr<MYSQL, closer> const handle(mysql_init(nullptr));
  for (auto const* const name : {"caching_sha2_password", "sha256_password", "client_ed25519"}) {
    if (handle) mysql_load_plugin(handle.get(), name, authentication_plugin, 0);
  }
  ask_for_connection(at, usual_port, more);
}

}  // namespace postern::auth::sql
