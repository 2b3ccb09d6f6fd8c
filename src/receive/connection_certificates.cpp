// Client certificates: those that `postern cert` has issued, and whether there has to be one.
#include <fmt/format.h>

#include "base/text.hpp"
#include "receive/connection.hpp"

namespace postern::receive {

// Only authd knows what such a certificate is worth now: it is asked in every session, in a resumed one too. Anybody
// can write that name into a certificate, and gains the question. Answers why the certificate is worth nothing.
net::task<std::string> connection::check_device_certificate() {
  device_.reset();
  bool const ours = tls_info_->peer_certificate && tls_info_->peer_issuer_organization == net::device_authority_name;
  if (!ours) co_return std::string();
  tls_info_->peer_verified = false;
  if (parts_.users == nullptr) co_return tls_info_->verify_error = "the accounts cannot be asked";
  auto answer = co_await parts_.users->check_certificate({.id = 0,
                                                          .fingerprint = tls_info_->peer_sha256,
                                                          .service = settings_->sasl_service,
                                                          .session = session_id_,
                                                          .remote_ip = peer_.address.text()});
  if (auto* known = std::get_if<auth_success>(&answer)) {
    tls_info_->peer_verified = true;
    tls_info_->verify_error.clear();
    device_ = device{std::move(known->user), std::move(known->credential)};
    co_return std::string();
  }
  auto const* const no = std::get_if<auth_rejected>(&answer);
  auto const* const away = std::get_if<auth_unavailable>(&answer);
  tls_info_->verify_error = printable(no != nullptr ? no->reason : away != nullptr ? away->why : std::string(), 256);
  co_return tls_info_->verify_error;
}

// False: the client has heard why it may not go on.
net::task<bool> connection::admit_client_certificate(std::string unusable) {
  bool const trusted = tls_info_->peer_certificate && tls_info_->peer_verified;
  if (!settings_->require_client_certificate || trusted) {
    if (unusable.empty()) co_return true;
    log_.certificate_unusable(*tls_info_, unusable);
    // Nobody shall find its fingerprint in a list: the session goes on without it.
    tls_info_->peer_certificate = false;
    co_return true;
  }
  auto const* why = tls_info_->peer_certificate ? "Client certificate not trusted" : "No client certificate presented";
  log_.tls_refused(why, *tls_info_);
  // In wrapper mode this is the greeting; after STARTTLS the client speaks first, and a connection that is closed with
  // its command unread could take the answer away with it.
  if (!settings_->wrapper_mode && !co_await read_more()) co_return false;
  reply(fmt::format("421 4.7.1 {} Error: {}\r\n", settings_->protocol.host_name, why));
  co_await flush();
  co_return false;
}

// Whom EXTERNAL finds in the certificate; empty: nobody.
std::string connection::certificate_user() const {
  return device_ ? device_->account : find_certificate_user(*settings_, *tls_info_);
}

}  // namespace postern::receive
