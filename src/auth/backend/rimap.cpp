#include "auth/backend/rimap.hpp"

#include <netdb.h>

#include <algorithm>
#include <array>
#include <expected>
#include <optional>

#include <fmt/format.h>

#include "auth/backend/blocking_connection.hpp"
#include "auth/backend/bounded_worker.hpp"
#include "auth/backend/rimap_options.hpp"
#include "auth/backend/rimap_protocol.hpp"
#include "auth/backend/saslauthd_conf.hpp"
#include "base/text.hpp"

namespace postern::auth {
namespace {

using time_point = std::chrono::steady_clock::time_point;
using code = password_answer::code;

constexpr std::string_view tag = "saslauthd";
constexpr int lines_max = 64;
constexpr std::chrono::seconds addresses_live{60};

constexpr std::string_view no_contact = "[ALERT] Couldn't contact remote authentication server";
constexpr std::string_view lost = "[ALERT] error synchronizing with remote authentication server";
constexpr std::string_view away = "[ALERT] The remote authentication server is currently unavailable";
constexpr std::string_view unexpected = "[ALERT] Unexpected response from remote authentication server";
constexpr std::string_view rejected = "remote server rejected your credentials";
constexpr std::string_view accepted = "remote authentication successful";

password_answer answer(code outcome, std::string_view reply, std::string detail = {}) {
  return {outcome, std::string(reply), std::move(detail)};
}

password_answer answer_unexpected(blocking_connection const& connection, imap_line const& line) {
  return answer(code::unavailable, unexpected,
                fmt::format("{} said: {}", connection.peer(), printable(line.text, 256)));
}

struct looked_up {
  std::vector<socket_address> addresses;
  std::string trouble;
};

looked_up look_up(std::string const& host, std::string const& port) {
  ::addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  ::addrinfo* found = nullptr;
  looked_up out;
  if (int const error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    out.trouble = fmt::format("cannot find {} port {}: {}", host, port, ::gai_strerror(error));
    return out;
  }
  for (auto const* one = found; one != nullptr; one = one->ai_next) {
    socket_address address;
    address.size = one->ai_addrlen;
    std::copy_n(reinterpret_cast<char const*>(one->ai_addr), one->ai_addrlen,
                reinterpret_cast<char*>(&address.storage));
    out.addresses.push_back(address);
  }
  ::freeaddrinfo(found);
  return out;
}

class rimap_backend : public password_backend {
 public:
  rimap_backend(rimap_options options, std::shared_ptr<net::tls_context> tls)
      : options_(std::move(options)), tls_(std::move(tls)) {}

  password_answer check(password_question const& question) override;

 private:
  std::string refresh_addresses(time_point deadline);
  std::optional<password_answer> greet(blocking_connection& connection);
  std::optional<password_answer> secure(blocking_connection& connection);
  password_answer log_in(blocking_connection& connection, std::vector<secret> const& pieces);
  /// The first line that is no untagged chatter, or the answer when there is none.
  std::expected<imap_line, password_answer> read_answer(blocking_connection& connection);

  rimap_options options_;
  std::shared_ptr<net::tls_context> tls_;
  bounded_worker resolver_;
  std::vector<socket_address> addresses_;
  time_point looked_up_{};
};

/// Why there are no addresses at all; old ones are better than none.
std::string rimap_backend::refresh_addresses(time_point deadline) {
  if (!addresses_.empty() && time_point::clock::now() - looked_up_ < addresses_live) return {};
  auto const found = std::make_shared<looked_up>();
  auto const lookup = [found, host = options_.host, port = options_.port] { *found = look_up(host, port); };
  if (resolver_.run(lookup, time_point::clock::now() + (deadline - time_point::clock::now()) / 2)) {
    if (!found->addresses.empty()) {
      addresses_ = found->addresses;
      looked_up_ = time_point::clock::now();
    }
    return addresses_.empty() ? found->trouble : "";
  }
  return addresses_.empty() ? fmt::format("the address of {} was not found in time", options_.host) : "";
}

std::expected<imap_line, password_answer> rimap_backend::read_answer(blocking_connection& connection) {
  for (int i = 0; i < lines_max; ++i) {
    auto const text = connection.read_line();
    if (!text) return std::unexpected(answer(code::unavailable, lost, text.error().text));
    auto line = parse_imap_line(*text, tag);
    if (line.what == imap_line::kind::untagged && line.status == imap_line::condition::bye) {
      return std::unexpected(
          answer(code::unavailable, away, fmt::format("{} said: {}", connection.peer(), printable(line.text, 256))));
    }
    if (line.what == imap_line::kind::other) return std::unexpected(answer_unexpected(connection, line));
    if (line.what != imap_line::kind::untagged) return line;
  }
  return std::unexpected(answer(code::unavailable, unexpected, connection.peer() + ": too many lines"));
}

/// Empty when the way is free.
std::optional<password_answer> rimap_backend::greet(blocking_connection& connection) {
  auto const text = connection.read_line();
  if (!text) return answer(code::unavailable, lost, text.error().text);
  auto const line = parse_imap_line(*text, tag);
  using enum imap_line::condition;
  if (line.what == imap_line::kind::untagged && (line.status == no || line.status == bye)) {
    return answer(code::unavailable, away, fmt::format("{} said: {}", connection.peer(), printable(line.text, 256)));
  }
  if (line.what != imap_line::kind::untagged || line.status != ok) return answer_unexpected(connection, line);
  if (options_.protection == rimap_options::security::clear && line.offers("LOGINDISABLED")) {
    return answer(code::unavailable, unexpected,
                  connection.peer() + " takes no LOGIN without TLS: write -O imaps://host or -O imap://host?starttls");
  }
  return std::nullopt;
}

std::optional<password_answer> rimap_backend::secure(blocking_connection& connection) {
  if (options_.protection == rimap_options::security::starttls) {
    if (auto const sent = connection.write(fmt::format("{} STARTTLS\r\n", tag)); !sent) {
      return answer(code::unavailable, lost, sent.error().text);
    }
    auto const line = read_answer(connection);
    if (!line) return line.error();
    if (line->status != imap_line::condition::ok) return answer_unexpected(connection, *line);
  }
  if (auto const started = connection.start_tls(*tls_, options_.host); !started) {
    return answer(code::unavailable, no_contact, started.error().text);
  }
  return std::nullopt;
}

password_answer rimap_backend::log_in(blocking_connection& connection, std::vector<secret> const& pieces) {
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (auto const sent = connection.write(pieces[i].reveal()); !sent) {
      return answer(code::unavailable, lost, sent.error().text);
    }
    auto const line = read_answer(connection);
    if (!line) return line.error();
    using kind = imap_line::kind;
    bool const last = i + 1 == pieces.size();
    if (!last && line->what == kind::continuation) continue;
    if (last && line->what == kind::tagged && line->status == imap_line::condition::ok) {
      static_cast<void>(connection.write(fmt::format("{} LOGOUT\r\n", tag)));
      return answer(code::yes, accepted);
    }
    if (line->what != kind::tagged || line->status != imap_line::condition::no) {
      return answer_unexpected(connection, *line);
    }
    auto detail = fmt::format("{} said: {}", connection.peer(), printable(line->text, 256));
    // [RFC 5530 §3]: these do not speak of the password.
    if (line->code == "UNAVAILABLE" || line->code == "PRIVACYREQUIRED" || line->code == "SERVERBUG") {
      return answer(code::unavailable, away, std::move(detail));
    }
    return answer(code::no, rejected, std::move(detail));
  }
  return answer(code::unavailable, "[ALERT] saslauthd internal error");
}

password_answer rimap_backend::check(password_question const& question) {
  auto const pieces = format_imap_login(tag, question.login, question.password);
  if (!pieces || question.login.empty() || question.password.empty()) {
    return answer(code::no, rejected, "an empty name or password, or NUL in one, cannot be asked for");
  }
  auto const deadline = time_point::clock::now() + options_.time_limit;
  if (auto trouble = refresh_addresses(deadline); !trouble.empty()) {
    return answer(code::unavailable, no_contact, std::move(trouble));
  }
  auto connection = blocking_connection::open(addresses_, deadline);
  if (!connection) {
    looked_up_ = {};
    return answer(code::unavailable, no_contact, connection.error().text);
  }
  bool const tls_first = options_.protection == rimap_options::security::tls;
  if (tls_first) {
    if (auto refused = secure(*connection)) return *refused;
  }
  if (auto refused = greet(*connection)) return *refused;
  if (options_.protection == rimap_options::security::starttls) {
    if (auto refused = secure(*connection)) return *refused;
  }
  return log_in(*connection, *pieces);
}

bool is_this_machine(std::string_view host) {
  return iequals(host, "localhost") || host.starts_with("127.") || host == "::1";
}

}  // namespace

result<std::unique_ptr<password_backend>> make_rimap_backend(backend_options const& options) {
  auto parsed = parse_rimap_options(options.argument);
  if (!parsed) return std::unexpected(parsed.error());
  if (parsed->protection == rimap_options::security::clear) {
    if (!is_this_machine(parsed->host)) {
      warn_once(
          std::array{fmt::format("rimap: passwords go to {} in clear: write -O imaps://{} or -O imap://{}?starttls",
                                 parsed->host, parsed->host, parsed->host)});
    }
    return std::make_unique<rimap_backend>(std::move(*parsed), nullptr);
  }
  net::tls_options tls{.protocols = ">=TLSv1.2", .verify_peer = parsed->verify, .ca_file = parsed->ca_file};
  if (tls.ca_file.empty()) tls.ca_path = "/etc/ssl/certs";
  auto context = net::tls_context::make_client(std::move(tls));
  if (!context) return std::unexpected(context.error());
  return std::make_unique<rimap_backend>(std::move(*parsed), std::move(*context));
}

}  // namespace postern::auth
