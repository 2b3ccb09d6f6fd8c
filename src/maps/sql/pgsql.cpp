#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "maps/sql/engine.hpp"
#include "maps/sql/libpq.hpp"

namespace postern::maps::sql {
namespace {

using namespace libpq;
using clock = std::chrono::steady_clock;
constexpr std::uint16_t usual_port = 5432;

struct closer {
  void operator()(PGconn* one) const { PQfinish(one); }
  void operator()(PGresult* one) const { PQclear(one); }
};
using reply = std::unique_ptr<PGresult, closer>;

/// libpq writes a line for each address that it tried.
std::string on_one_line(std::string_view text) {
  std::string out;
  for (auto const line : split_any(text, "\r\n")) out += (out.empty() ? "" : " ") + std::string(trim(line));
  return printable(out, 300);
}

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
  answer query(secret const& statement, std::size_t rows_max) override {
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
    return take(first.get(), rows_max);
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

  answer take(PGresult const* got, std::size_t rows_max) const {
    auto const status = PQresultStatus(got);
    if (status == PGRES_COMMAND_OK) return told_rows{};
    if (status != PGRES_TUPLES_OK) {
      // The primary message alone: the others may quote the statement.
      char const* const why = PQresultErrorField(got, PG_DIAG_MESSAGE_PRIMARY);
      bool const alive = PQstatus(handle_.get()) == CONNECTION_OK && why != nullptr;
      return failed(alive ? trouble::kind::refused : trouble::kind::lost,
                    why != nullptr ? why : "the connection is lost");
    }
    auto const count = static_cast<std::size_t>(PQntuples(got));
    told_rows told{.has_rows = true, .rows = {}, .cut = count > rows_max};
    for (int i = 0; std::cmp_less(i, std::min(count, rows_max)); ++i) {
      auto& into = told.rows.emplace_back();
      for (int k = 0; k < PQnfields(got); ++k) {
        std::string_view const text(PQgetvalue(got, i, k), static_cast<std::size_t>(PQgetlength(got, i, k)));
        into.push_back(PQgetisnull(got, i, k) != 0 ? column() : column(text));
      }
    }
    return told;
  }

  std::unexpected<trouble> failed(trouble::kind what, std::string_view why) const {
    return std::unexpected(trouble{what, fmt::format("{}: {}", named_, on_one_line(why))});
  }

  std::unique_ptr<PGconn, closer> handle_;
  std::string named_;
  std::chrono::seconds time_limit_;
};

bool is_uri(endpoint const& at) { return at.host.starts_with("postgresql://") || at.host.starts_with("postgres://"); }

/// A URI may hold a password: it is named by what libpq found in it.
std::string name_of(PGconn const* handle, endpoint const& at, account_at const& as) {
  auto const told = [](char const* text) { return std::string(text != nullptr ? text : ""); };
  auto const host = is_uri(at) ? told(PQhost(handle)) : at.host;
  auto const port = is_uri(at) ? told(PQport(handle)) : at.port;
  return fmt::format("pgsql {} on {}{}{}", is_uri(at) ? told(PQdb(handle)) : as.database,
                     host.empty() ? "the default host" : host, port.empty() ? "" : ":", port);
}

/// The hosts and ports in a URI; there may be several.
void ask_for_uri(endpoint const& at, os::sandbox_rules& more) {
  std::unique_ptr<PQconninfoOption, decltype([](PQconninfoOption* one) { PQconninfoFree(one); })> const all(
      PQconninfoParse(at.host.c_str(), nullptr));
  endpoint inside;
  for (auto const* one = all.get(); one != nullptr && one->keyword != nullptr; ++one) {
    std::string_view const keyword = one->keyword;
    if (one->val == nullptr) continue;
    if (keyword == "host") inside.host = one->val;
    if (keyword == "port") inside.port = one->val;
    if (keyword == "sslrootcert" || keyword == "sslcert" || keyword == "sslkey") more.readable.emplace_back(one->val);
  }
  auto const hosts = split(inside.host, ',');
  auto const ports = split(inside.port, ',');
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    ask_for_connection({std::string(hosts[i]), std::string(ports[std::min(i, ports.size() - 1)])}, usual_port, more);
  }
}

}  // namespace

result<std::unique_ptr<connection>> connect_pgsql(endpoint const& at, account_at const& as) {
  if (auto const loaded = library.load(); !loaded) return fail("pgsql: " + loaded.error().text);
  auto const limit = std::to_string(as.connect_limit.count());
  auto const lost_after = fmt::format("{}000", as.time_limit.count());
  struct parameter {
    char const* name;
    char const* value;
  };
  // No tickets: libgssapi loads code when it is asked, which the sandbox ends the process for.
  // A URI says all but what we insist on; what stands behind dbname is stronger than the URI.
  bool const uri = is_uri(at);
  auto const unless_uri = [uri](char const* text) { return uri ? nullptr : text; };
  auto const encoding = as.encoding.empty() ? std::string("UTF8") : as.encoding;
  parameter const parameters[] = {{"host", unless_uri(at.host.c_str())},
                                  {"port", unless_uri(at.port.c_str())},
                                  {"user", unless_uri(as.user.c_str())},
                                  {"password", unless_uri(as.password.reveal().data())},
                                  {"sslmode", unless_uri(as.tls ? "require" : "prefer")},
                                  {"dbname", uri ? at.host.c_str() : as.database.c_str()},
                                  {"gssencmode", "disable"},
                                  {"client_encoding", encoding.c_str()},
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
  std::unique_ptr<PGconn, closer> handle(PQconnectdbParams(names, values, uri ? 1 : 0));
  auto const named = name_of(handle.get(), at, as);
  if (PQstatus(handle.get()) != CONNECTION_OK) {
    return fail(fmt::format("{}: {}", named, on_one_line(PQerrorMessage(handle.get()))));
  }
  PQsetNoticeProcessor(handle.get(), [](void*, char const*) {}, nullptr);
  PQsetnonblocking(handle.get(), 1);
  return std::make_unique<pgsql>(std::move(handle), named, as.time_limit);
}

void pgsql_asks_for(endpoint const& at, account_at const&, os::sandbox_rules& more) {
  if (!library.load()) return;
  if (is_uri(at)) return ask_for_uri(at, more);
  ask_for_connection(at, usual_port, more);
}

}  // namespace postern::maps::sql
