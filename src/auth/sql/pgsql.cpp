#include <memory>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "auth/sql/engine.hpp"
#include "base/text.hpp"

namespace postern::auth::sql {
namespace {

struct closer {
  void operator()(PGconn* one) const { PQfinish(one); }
  void operator()(PGresult* one) const { PQclear(one); }
};

class pgsql final : public connection {
 public:
  pgsql(std::unique_ptr<PGconn, closer> handle, std::string named)
      : handle_(std::move(handle)), named_(std::move(named)) {}

  result<secret> escape(std::string_view text) override {
    std::string out(2 * text.size() + 1, '\0');
    int bad = 0;
    auto const size = PQescapeStringConn(handle_.get(), out.data(), text.data(), text.size(), &bad);
    if (bad != 0) return fail("not in the database's character set");
    out.resize(size);
    return secret(std::move(out));
  }

  result<std::optional<secret>> query(secret const& statement) override {
    std::string const text(statement.reveal());
    std::unique_ptr<PGresult, closer> const got(PQexec(handle_.get(), text.c_str()));
    auto const status = PQresultStatus(got.get());
    if (status == PGRES_COMMAND_OK) return std::nullopt;
    if (status != PGRES_TUPLES_OK) {
      // The primary message alone: the others may quote the statement.
      char const* const why = PQresultErrorField(got.get(), PG_DIAG_MESSAGE_PRIMARY);
      return fail(fmt::format("{}: {}", named_, why != nullptr ? why : "the connection is lost"));
    }
    if (PQntuples(got.get()) == 0 || PQnfields(got.get()) == 0 || PQgetisnull(got.get(), 0, 0) != 0)
      return std::nullopt;
    auto const size = static_cast<std::size_t>(PQgetlength(got.get(), 0, 0));
    return secret(std::string_view(PQgetvalue(got.get(), 0, 0), size));
  }

 private:
  std::unique_ptr<PGconn, closer> handle_;
  std::string named_;
};

}  // namespace

result<std::unique_ptr<connection>> connect_pgsql(endpoint const& at, account_at const& as) {
  auto const limit = std::to_string(as.time_limit.count());
  auto const options = fmt::format("-c statement_timeout={}s", limit);
  auto const lost_after = fmt::format("{}000", limit);
  std::string const password(as.password.reveal());
  char const* const names[] = {
      "host", "port", "user", "password", "dbname", "sslmode", "connect_timeout", "options", "tcp_user_timeout",
      nullptr};
  char const* const values[] = {at.host.c_str(),  at.port.c_str(),     as.user.c_str(),
                                password.c_str(), as.database.c_str(), as.tls ? "require" : "prefer",
                                limit.c_str(),    options.c_str(),     lost_after.c_str(),
                                nullptr};
  std::unique_ptr<PGconn, closer> handle(PQconnectdbParams(names, values, 0));
  auto const named = fmt::format("pgsql {} on {}", as.database, at.host.empty() ? "the default host" : at.host);
  if (PQstatus(handle.get()) != CONNECTION_OK) {
    return fail(fmt::format("{}: {}", named, printable(trim(PQerrorMessage(handle.get())), 300)));
  }
  PQsetNoticeProcessor(handle.get(), [](void*, char const*) {}, nullptr);
  return std::make_unique<pgsql>(std::move(handle), named);
}

}  // namespace postern::auth::sql
