#include <mysql.h>

#include <memory>

#include <fmt/format.h>

#include "auth/sql/engine.hpp"
#include "base/text.hpp"

namespace postern::auth::sql {
namespace {

struct closer {
  void operator()(MYSQL* one) const { mysql_close(one); }
  void operator()(MYSQL_RES* one) const { mysql_free_result(one); }
};

class mysql final : public connection {
 public:
  mysql(std::unique_ptr<MYSQL, closer> handle, std::string named)
      : handle_(std::move(handle)), named_(std::move(named)) {}

  result<secret> escape(std::string_view text) override {
    std::string out(2 * text.size() + 1, '\0');
    auto const size = mysql_real_escape_string(handle_.get(), out.data(), text.data(), text.size());
    if (size == static_cast<unsigned long>(-1)) return fail("not in the database's character set");
    out.resize(size);
    return secret(std::move(out));
  }

  result<std::optional<secret>> query(secret const& statement) override {
    auto const text = statement.reveal();
    if (mysql_real_query(handle_.get(), text.data(), text.size()) != 0) return trouble();
    std::unique_ptr<MYSQL_RES, closer> const got(mysql_store_result(handle_.get()));
    if (!got) return mysql_field_count(handle_.get()) == 0 ? result<std::optional<secret>>(std::nullopt) : trouble();
    MYSQL_ROW const row = mysql_fetch_row(got.get());
    if (row == nullptr || row[0] == nullptr) return std::nullopt;
    return secret(std::string_view(row[0], mysql_fetch_lengths(got.get())[0]));
  }

 private:
  // The number, not the text: a syntax error quotes the statement.
  result<std::optional<secret>> trouble() const {
    return fail(fmt::format("{}: error {} ({})", named_, mysql_errno(handle_.get()), mysql_sqlstate(handle_.get())));
  }

  std::unique_ptr<MYSQL, closer> handle_;
  std::string named_;
};

}  // namespace

result<std::unique_ptr<connection>> connect_mysql(endpoint const& at, account_at const& as) {
  std::unique_ptr<MYSQL, closer> handle(mysql_init(nullptr));
  if (!handle) return fail("mysql: no memory");
  auto const limit = static_cast<unsigned>(as.time_limit.count());
  for (auto const option : {MYSQL_OPT_CONNECT_TIMEOUT, MYSQL_OPT_READ_TIMEOUT, MYSQL_OPT_WRITE_TIMEOUT}) {
    mysql_options(handle.get(), option, &limit);
  }
  mysql_options(handle.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
  my_bool const tls = as.tls ? 1 : 0;
  mysql_options(handle.get(), MYSQL_OPT_SSL_ENFORCE, &tls);
  bool const local = at.host.starts_with('/');
  std::string const password(as.password.reveal());
  auto const port = static_cast<unsigned>(parse_unsigned(at.port).value_or(0));
  auto const named = fmt::format("mysql {} on {}", as.database, at.host.empty() ? "the default host" : at.host);
  auto* const connected =
      mysql_real_connect(handle.get(), local || at.host.empty() ? nullptr : at.host.c_str(), as.user.c_str(),
                         password.c_str(), as.database.c_str(), port, local ? at.host.c_str() : nullptr, 0);
  if (connected == nullptr) return fail(fmt::format("{}: {}", named, printable(mysql_error(handle.get()), 300)));
  return std::make_unique<mysql>(std::move(handle), named);
}

}  // namespace postern::auth::sql
