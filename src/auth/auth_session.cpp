#include "auth/auth_session.hpp"

#include <unistd.h>

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "auth/auth_session_words.hpp"
#include "base/text.hpp"
#include "os/random.hpp"

namespace postern::auth {
namespace {

namespace wire = sasl::dovecot;

/// Minor version of front ends that tell an empty initial response from none.
constexpr unsigned bare_response_counts_from = 2;

bool is_plus(std::string_view mechanism) { return mechanism.ends_with("-PLUS") || mechanism.ends_with("-plus"); }

}  // namespace

auth_session::auth_session(session_options const& options, std::uint32_t connection, std::string cookie)
    : options_(options),
      connection_(connection),
      cookie_(std::move(cookie)),
      told_(options.mechanisms),
      served_(options.mechanisms) {}

bool auth_session::serves(std::string_view mechanism) const {
  return std::ranges::any_of(served_, [&](auto const& name) { return iequals(name, mechanism); });
}

std::string auth_session::greeting() const {
  std::string text = wire::format_server_line(wire::version_message{});
  text += format_offer(told_);
  text += wire::format_server_line(wire::server_pid{static_cast<std::uint32_t>(::getpid())});
  text += wire::format_server_line(wire::connection_id{connection_});
  text += wire::format_server_line(wire::cookie_message{cookie_});
  text += wire::format_server_line(wire::handshake_done{});
  return text;
}

session_actions auth_session::on_offer() {
  if (told_ == options_.mechanisms) return {};
  if (!is_ours_) {
    // Nothing rests on such a connection but what runs on it.
    return exchanges_.empty() ? one(close_action{}) : session_actions{};
  }
  told_ = options_.mechanisms;
  std::ranges::copy_if(told_, std::back_inserter(served_), [&](auto const& name) { return !serves(name); });
  return one(send_action{format_offer(told_) + wire::format_server_line(wire::handshake_done{})});
}

session_actions auth_session::on_line(std::string_view line, time_point now) {
  auto message = wire::parse_client_line(line);
  if (!message) return one(close_action{message.error().text});
  return std::visit([&](auto& any) { return on_message(any, now); }, *message);
}

// ---- messages

session_actions auth_session::on_message(wire::version_message const& message, time_point) {
  client_minor_ = message.minor;
  if (message.major == wire::protocol_major) return {};
  return one(close_action{fmt::format("front end speaks version {} of the auth protocol", message.major)});
}

session_actions auth_session::on_message(wire::client_pid const&, time_point) { return {}; }

session_actions auth_session::on_message(wire::unknown_message const& message, time_point) {
  return one(close_action{"unknown command \"" + printable(message.command, 32) + "\""});
}

sasl::server_parameters auth_session::parameters_of(wire::auth_request const& request) const {
  auto parameters = options_.server;
  parameters.service = request.service;
  parameters.certificate_identity = request.valid_client_cert ? request.cert_username : std::string();
  parameters.bindings = request.bindings;
  // A front end that cannot bind (Postfix, Exim) never showed its client a -PLUS.
  parameters.plus_offered = !request.bindings.empty() && std::ranges::any_of(told_, is_plus);
  if (!parameters.random) parameters.random = os::random_octets;
  if (!parameters.now) parameters.now = std::chrono::system_clock::now;
  return parameters;
}

session_actions auth_session::on_message(wire::auth_request& message, time_point now) {
  auto const* const row = serves(message.mechanism) ? sasl::find_mechanism(message.mechanism) : nullptr;
  auto const id = message.id;
  if (row == nullptr) {
    // No reason to end the other exchanges of the connection: some front ends pass on whatever their client asks for.
    session_actions actions;
    actions.push_back(send(wire::reply_fail{.id = id, .reason = "Unsupported authentication mechanism"}));
    actions.push_back(refusal_line(message, {}, "not_offered", "authd does not serve this mechanism here"));
    return actions;
  }
  auto const [at, fresh] = exchanges_.try_emplace(id);
  if (!fresh) return one(close_action{fmt::format("AUTH with id {}, which is in use", id)});
  auto& begun = at->second;
  begun.serial = ++last_serial_;
  begun.due = now + options_.exchange_time;
  begun.heard = now;
  begun.doubt.code = verdict_code::accepted;
  begun.mechanism = row->make_server(parameters_of(message));
  // Only the mechanism sees it; it must not wait for the end of the exchange.
  auto initial = std::exchange(message.initial_response, std::nullopt);
  // Exim writes resp= always, also when its client sent no initial response.
  if (message.bare_response && client_minor_ < bare_response_counts_from) initial.reset();
  begun.request = std::move(message);
  begun.who = {.realm = options_.realm,
               .service = begun.request.service,
               .client_address = begun.request.remote_ip,
               .session = begun.request.session};
  if (!begun.request.session.empty()) is_ours_ = true;
  constexpr std::uint64_t since_max = 9'000'000'000;  // the year 2255; a wall_time ends in 2262
  if (auto const since = parse_unsigned(begun.request.revoked_since); since && *since <= since_max && is_ours_) {
    auto actions = one(recall_action{wall_time(std::chrono::seconds(*since))});
    std::ranges::move(begin(at, std::move(initial), now), std::back_inserter(actions));
    return actions;
  }
  return begin(at, std::move(initial), now);
}

session_actions auth_session::begin(exchange_table::iterator at, std::optional<secret> initial, time_point now) {
  auto& [id, begun] = *at;
  if (exchanges_.size() > options_.exchanges_max) {
    return fail_now(at, "overloaded", "too many exchanges on one connection", temporary_failure(id, {}));
  }
  auto const* const row = sasl::find_mechanism(begun.request.mechanism);
  if (row->dovecot.plaintext && options_.plaintext_requires_tls && !begun.request.secured) {
    return fail_now(at, "tls_required", "authd_plaintext_requires_tls is on and the connection has no TLS",
                    {.id = id, .reason = "Encryption required for requested authentication mechanism"});
  }
  if (begun.request.invalid_base64) {
    return fail_now(at, "invalid_base64", "the initial response is not base64",
                    {.id = id, .reason = "Invalid base64 data", .code = wire::fail_code::invalid_base64});
  }
  return run(at, begun.mechanism->start(initial ? std::optional(initial->reveal()) : std::nullopt), now);
}

session_actions auth_session::on_message(wire::client_continue& message, time_point now) {
  auto const at = exchanges_.find(message.id);
  if (at == exchanges_.end()) {
    return one(send(wire::reply_fail{.id = message.id, .reason = "Authentication request timed out"}));
  }
  auto& exchange = at->second;
  exchange.heard = now;
  if (exchange.at != phase::responding && exchange.at != phase::proving) {
    return one(close_action{fmt::format("CONT with id {}, which waits for no response", message.id)});
  }
  if (message.invalid_base64) {
    return fail_now(at, "invalid_base64", "a response is not base64",
                    {.id = message.id, .reason = "Invalid base64 data", .code = wire::fail_code::invalid_base64});
  }
  if (exchange.at == phase::responding) return run(at, exchange.mechanism->step(message.data.reveal()), now);
  if (message.data.empty()) return exchange.revoked ? refuse(at, revoked_meanwhile(), now) : tell_accepted(at);
  return refuse(at, "malformed", "a response where the exchange was over", {.id = message.id}, now);
}

session_actions auth_session::on_message(wire::client_cancel const& message, time_point) {
  auto const at = exchanges_.find(message.id);
  if (at == exchanges_.end()) return {};
  auto const serial = at->second.serial;
  bool const asked = asking_.erase(serial) > 0;
  exchanges_.erase(at);
  return asked ? one(forget_action{serial}) : session_actions{};
}

session_actions auth_session::on_message(wire::user_query const& message, time_point) {
  return one(lookup_action{message.id, message.user});
}

session_actions auth_session::on_message(wire::certificate_query const& message, time_point) {
  // Who asks keeps a session open for it, and wants to hear when that is over.
  if (!message.session.empty()) is_ours_ = true;
  return one(certificate_action{message.id,
                                message.fingerprint,
                                {.realm = options_.realm,
                                 .service = message.service,
                                 .client_address = message.remote_ip,
                                 .session = message.session}});
}

session_actions auth_session::on_exists(lookup_action const& question, std::optional<bool> exists) {
  if (!exists) {
    return one(send(wire::reply_fail{
        .id = question.id, .reason = "Account database unavailable", .code = wire::fail_code::temp_fail}));
  }
  if (!*exists) return one(send(wire::reply_not_found{question.id}));
  return one(send(wire::reply_user{question.id, question.user, {}}));
}

session_actions auth_session::on_certificate(certificate_action const& question, verdict const& said) {
  if (said.code != verdict_code::accepted) {
    auto const code = is_temporary(said.code) ? wire::fail_code::temp_fail : wire::fail_code::none;
    return one(send(wire::reply_fail{.id = question.id, .user = said.account, .reason = said.detail, .code = code}));
  }
  wire::reply_ok reply{.id = question.id, .user = said.account, .final_data = {}, .extra = {}};
  reply.extra.emplace_back("credential", said.credential);
  return one(send(reply));
}

// ---- time

session_actions auth_session::on_tick(time_point now) {
  session_actions actions;
  for (auto at = exchanges_.begin(); at != exchanges_.end();) {
    auto& exchange = at->second;
    if (exchange.due > now) {
      ++at;
      continue;
    }
    if (exchange.at == phase::refusing) {
      actions.push_back(send_action{std::move(exchange.refusal)});
    } else {
      actions.push_back(send(wire::reply_fail{.id = at->first, .reason = "Authentication request timed out"}));
      actions.push_back(refusal_line(exchange.request, exchange.who.user, "timed_out", "the exchange took too long"));
      if (asking_.erase(exchange.serial) > 0) actions.push_back(forget_action{exchange.serial});
    }
    at = exchanges_.erase(at);
  }
  return actions;
}

session_actions auth_session::on_closed() {
  session_actions actions;
  for (auto const& [serial, id] : asking_) actions.push_back(forget_action{serial});
  asking_.clear();
  exchanges_.clear();
  return actions;
}

}  // namespace postern::auth
