#include <poll.h>

#include <cerrno>
#include <memory>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "auth/sql/engine.hpp"
#include "base/text.hpp"

namespace postern::auth::sql {
namespace {

using clock = std::chrono::steady_clock;
constexpr std::uint16_t usual_port = 5432;

struct closer {
  void operator()(PGconn* one) const { PQfinish(one); }
  void operator()(PGresult* one) const { PQclear(one); }
};
using reply = std::unique_ptr<PGresult, closer>;

class pgsql final : public connection {
 public:
  pgsql(std::unique_ptr<PGconn, closer> handle, std::string named, std::chrono::seconds time_limit)
      : handle_(std::move(handle)), named_(std::move(named)), time_limit_(time_limit) {}

  result<secret> escape(std::string_view text) override {
    std::string out(2 * text.size() + 1, '\0');
    int bad = 0;
    auto const size = PQescapeStringConn(handle_.get(), out.data(), text.data(), text.size(), &bad);
    if (bad != 0) return fail("not in the database's character set");
    out.resize(size);
    return secret(std::move(out));
  }

  // Never PQexec: it waits for ever for a server that stands still. With parameters, although there are none: only
  // then libpq sends it in a way in which the server takes no second statement.
  answer query(secret const& statement) override {
    auto const until = clock::now() + time_limit_;
    if (PQsendQueryParams(handle_.get(), statement.reveal().data(), 0, nullptr, nullptr, nullptr, nullptr, 0) != 1) {
      return failed(trouble::kind::lost, "the connection is lost");
    }
    reply first;
    while (true) {
      if (auto const bad = wait(until)) return failed(*bad, explain(*bad));
      reply next(PQgetResult(handle_.get()));
      if (!next) break;
      if (!first) first = std::move(next);
    }
    return take(first.get());
  }

 private:
  static std::string_view explain(trouble::kind what) {
    return what == trouble::kind::too_slow ? "no answer in time" : "the connection is lost";
  }

  /// Until PQgetResult() would not block; what is in the way of that, if anything.
  std::optional<trouble::kind> wait(clock::time_point until) {
    while (true) {
      int const flushed = PQflush(handle_.get());
      if (flushed < 0) return trouble::kind::lost;
      if (flushed == 0 && PQisBusy(handle_.get()) == 0) return std::nullopt;
      ::pollfd one{PQsocket(handle_.get()), static_cast<short>(flushed == 0 ? POLLIN : POLLIN | POLLOUT), 0};
      auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now()).count();
      if (left <= 0) return trouble::kind::too_slow;
      int const ready = ::poll(&one, 1, static_cast<int>(left));
      if (ready < 0 && errno != EINTR) return trouble::kind::lost;
      if (ready > 0 && (one.revents & ~POLLOUT) != 0 && PQconsumeInput(handle_.get()) != 1) return trouble::kind::lost;
    }
  }

  answer take(PGresult const* got) const {
    auto const status = PQresultStatus(got);
    if (status == PGRES_COMMAND_OK) return std::nullopt;
    if (status != PGRES_TUPLES_OK) {
      // The primary message alone: the others may quote the statement.
      char const* const why = PQresultErrorField(got, PG_DIAG_MESSAGE_PRIMARY);
      bool const alive = PQstatus(handle_.get()) == CONNECTION_OK && why != nullptr;
      return failed(alive ? trouble::kind::refused : trouble::kind::lost,
                    why != nullptr ? why : "the connection is lost");
    }
    if (PQntuples(got) == 0 || PQnfields(got) == 0) return std::nullopt;
    return secret(std::string_view(PQgetvalue(got, 0, 0), static_cast<std::size_t>(PQgetlength(got, 0, 0))));
  }

  std::unexpected<trouble> failed(trouble::kind what, std::string_view why) const {
    return std::unexpected(trouble{what, fmt::format("{}: {}", named_, printable(why, 300))});
  }

  std::unique_ptr<PGconn, closer> handle_;
  std::string named_;
  std::chrono::seconds time_limit_;
};

}  // namespace

result<std::unique_ptr<connection>> connect_pgsql(endpoint const& at, account_at const& as) {
  auto const limit = std::to_string(as.connect_limit.count());
  auto const lost_after = fmt::format("{}000", as.time_limit.count());
  struct parameter {
    char const* name;
    char const* value;
  };
  // No tickets: libgssapi loads code when it is asked, which the sandbox ends the process for.
  parameter const parameters[] = {{"host", at.host.c_str()},
                                  {"port", at.port.c_str()},
                                  {"user", as.user.c_str()},
                                  {"password", as.password.reveal().data()},
                                  {"dbname", as.database.c_str()},
                                  {"sslmode", as.tls ? "require" : "prefer"},
                                  {"gssencmode", "disable"},
                                  {"client_encoding", "UTF8"},
                                  {"connect_timeout", limit.c_str()},
                                  {"tcp_user_timeout", lost_after.c_str()},
                                  {nullptr, nullptr}};
  constexpr std::size_t count = std::size(parameters);
  char const* names[count];
  char const* values[count];
  for (std::size_t i = 0; i < count; ++i) {
    names[i] = parameters[i].name;
    values[i] = parameters[i].value;
  }
  std::unique_ptr<PGconn, closer> handle(PQconnectdbParams(names, values, 0));
  auto const named = fmt::format("pgsql {} on {}{}{}", as.database, at.host.empty() ? "the default host" : at.host,
                                 at.port.empty() ? "" : ":", at.port);
  if (PQstatus(handle.get()) != CONNECTION_OK) {
    return fail(fmt::format("{}: {}", named, printable(trim(PQerrorMessage(handle.get())), 300)));
  }
  PQsetNoticeProcessor(handle.get(), [](void*, char const*) {}, nullptr);
  PQsetnonblocking(handle.get(), 1);
  return std::make_unique<pgsql>(std::move(handle), named, as.time_limit);
}

void pgsql_asks_for(endpoint const& at, account_at const&, os::sandbox_rules& more) {
  ask_for_connection(at, usual_port, more);
}

}  // namespace postern::auth::sql
