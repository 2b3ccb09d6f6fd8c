// AUTH: between the session and authd.
#include <fmt/format.h>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "net/channel_binding.hpp"
#include "receive/connection.hpp"

namespace postern::receive {

login_means connection::means_of_login() const {
  if (!tls_info_ || stream_.tls() == nullptr) return {};
  return {net::can_bind_channel(*stream_.tls()), certificate_user()};
}

// Once when the client comes, and again when it has TLS: bindings and certificates are on offer only then. Answers why
// nobody can log in; empty: all is well.
net::task<std::string> connection::prepare_offer() {
  if (parts_.auth == nullptr || !settings_->protocol.auth_enabled) co_return std::string();
  auto trouble = co_await parts_.auth->ready();
  bool const announced = settings_->sasl_exceptions.find(peer_.address) == nullptr;
  if (trouble.empty() && !parts_.auth->mechanisms().empty()) {
    protocol_.set_offer(parts_.offers->find(settings_, parts_.auth->mechanisms(), parts_.auth->offer_number(),
                                            means_of_login(), announced));
    co_return trouble;
  }
  auto offered = parts_.auth->mechanisms();
  // Without authd AUTH stays on offer by what it offered last, or by what it is sure to have: the answer is then 454.
  if (offered.empty() && !trouble.empty()) offered = {{"PLAIN", {"plaintext"}}, {"LOGIN", {"plaintext"}}};
  if (offered.empty()) trouble = "it serves no mechanism; its own log says why";
  auto offer = decide_mechanism_offer(*settings_, offered, means_of_login());
  offer.announced = announced;
  offer.complete = false;
  protocol_.set_offer(std::make_shared<smtp::mechanism_offer>(std::move(offer)));
  co_return trouble;
}

void connection::add_tls_facts(sasl::dovecot::auth_request& request) const {
  request.secured = true;
  request.local_name = tls_info_->server_name;
  request.tls_protocol = tls_info_->protocol;
  request.tls_cipher = tls_info_->cipher;
  request.cert_username = certificate_user();
  if (device_ && iequals(request.mechanism, "EXTERNAL")) request.cert_credential = device_->credential;
  request.valid_client_cert = !request.cert_username.empty();
  // Only where the client was offered to bind: else its "y" would be taken for a downgrade. [RFC 5802 §6]
  if (!protocol_.offers_channel_binding() || !istarts_with(request.mechanism, "SCRAM-")) return;
  for (auto& [type, data] : net::list_channel_bindings(*stream_.tls())) {
    request.bindings.push_back({std::move(type), std::move(data)});
  }
}

net::task<connection::actions> connection::answer_auth(std::string mechanism, std::optional<secret> initial_response) {
  if (auto why = co_await anvil_.on_auth()) co_return protocol_.on_auth_refused(*why);
  auth_mechanism_ = mechanism;
  // What was served when the client came may be another by now, and nothing goes past the options and filters. What
  // authd does not serve it takes for a broken front end, and hangs up on all of its clients.
  if (auto trouble = co_await prepare_offer(); !trouble.empty()) co_return settle(auth_unavailable{std::move(trouble)});
  if (!protocol_.permits_mechanism(mechanism)) {
    co_return settle(auth_rejected{.reason = "Invalid authentication mechanism", .user = {}});
  }
  sasl::dovecot::auth_request request;
  request.mechanism = std::move(mechanism);
  request.service = settings_->sasl_service;
  request.session = session_id_;
  request.remote_ip = peer_.address.text();
  request.remote_port = std::to_string(peer_.port);
  if (auto local = net::local_endpoint(stream_.native_handle())) {
    request.local_ip = local->address.text();
    request.local_port = std::to_string(local->port);
  }
  if (protocol_.tls_active()) add_tls_facts(request);
  request.nologin = true;
  if (initial_response) {
    auto decoded = decode_base64(initial_response->reveal());
    request.initial_response = secret(decoded ? std::move(*decoded) : std::string());
  }
  auto answer = co_await parts_.auth->begin(std::move(request), auth_exchange_);
  co_return settle(std::move(answer));
}

net::task<connection::actions> connection::answer_auth_response(secret response) {
  auto decoded = decode_base64(response.reveal());
  auto answer = co_await parts_.auth->proceed(auth_exchange_, secret(decoded ? std::move(*decoded) : std::string()));
  co_return settle(std::move(answer));
}

connection::actions connection::settle(auth_answer answer) {
  if (auto* more = std::get_if<auth_challenge>(&answer))
    return protocol_.on_auth_challenge(encode_base64(more->octets));
  auth_exchange_ = 0;
  if (auto* yes = std::get_if<auth_success>(&answer)) {
    log_.identified_as(yes->user);
    credential_ = std::move(yes->credential);
    return protocol_.on_auth_success(yes->user, auth_mechanism_);
  }
  if (auto* no = std::get_if<auth_rejected>(&answer)) {
    log_.identified_as(no->user);
    log_.auth_failed(auth_mechanism_, no->reason, no->user);
    return protocol_.on_auth_failure(no->temporary ? smtp::auth_failure::temporary : smtp::auth_failure::rejected,
                                     no->reason);
  }
  auto const& away = std::get<auth_unavailable>(answer);
  log_.auth_unavailable(auth_mechanism_, away.why);
  return protocol_.on_auth_failure(smtp::auth_failure::temporary, "Connection lost to authentication server");
}

void connection::on_revoked(sasl::dovecot::revoked_notice const& notice) {
  auto const concerns = [&](std::string_view user, std::string_view credential) {
    return user == notice.user && (!notice.credential || *notice.credential == credential);
  };
  bool const by_device = device_ && concerns(device_->account, device_->credential);
  bool const by_login = protocol_.authenticated() && concerns(protocol_.user(), credential_);
  if (login_revoked_ || (!by_device && !by_login)) return;
  auto const& credential = by_device ? device_->credential : credential_;
  log_.note(credential.empty() ? "the login of this session is no longer valid"
                               : "the login of this session is no longer valid: " + credential);
  login_revoked_ = true;
  // A reply that is on its way arrives: it may be the promise of a message.
  if (reading_) stream_.interrupt();
}

// Between lines converse() ends the session; in content here.
net::task<bool> connection::end_revoked_login() {
  if (!protocol_.wants_line()) co_await perform(protocol_.on_login_revoked());
  co_return !closing_;
}

}  // namespace postern::receive
