#include "net/tls_session.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/ip.hpp"
#include "net/tls_context.hpp"
#include "net/tls_errors.hpp"

namespace postern::net {

std::string take_openssl_error() {
  auto code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  char const* reason = ERR_reason_error_string(code);
  if (reason != nullptr) return reason;
  char buffer[256];
  ERR_error_string_n(code, buffer, sizeof buffer);
  return buffer;
}

void tls_session::release::operator()(ssl_st* ssl) const noexcept { SSL_free(ssl); }
tls_session::tls_session(tls_session&&) noexcept = default;
tls_session& tls_session::operator=(tls_session&&) noexcept = default;
tls_session::~tls_session() = default;

tls_session::tls_session(ssl_st* ssl, tls_context const& context)
    : ssl_(ssl),
      given_context_(context.native()),
      fingerprint_digest_(context.options().fingerprint_digest),
      bare_key_fingerprints_(context.options().bare_key_fingerprints) {}

tls_session tls_session::accept(tls_context const& context, int socket) {
  tls_session session(SSL_new(context.native()), context);
  SSL_set_fd(session.native(), socket);
  SSL_set_accept_state(session.native());
  return session;
}

tls_session tls_session::connect(tls_context const& context, int socket, std::string const& server_name) {
  tls_session session(SSL_new(context.native()), context);
  SSL_set_fd(session.native(), socket);
  SSL_set_connect_state(session.native());
  if (!server_name.empty() && !ip_address::parse(server_name)) {
    SSL_set_tlsext_host_name(session.native(), server_name.c_str());
  }
  if (context.options().verify_peer && !server_name.empty()) SSL_set1_host(session.native(), server_name.c_str());
  return session;
}

tls_session::step tls_session::outcome(int returned) {
  int saved_errno = errno;
  switch (SSL_get_error(native(), returned)) {
    case SSL_ERROR_NONE:
      return step::done;
    case SSL_ERROR_WANT_READ:
      return step::want_read;
    case SSL_ERROR_WANT_WRITE:
      return step::want_write;
    case SSL_ERROR_ZERO_RETURN:
      return step::closed;
    case SSL_ERROR_SYSCALL:
      if (ERR_peek_error() == 0 && (saved_errno == 0 || saved_errno == ECONNRESET || saved_errno == EPIPE))
        return step::closed;
      failure_ = ERR_peek_error() == 0 ? std::strerror(saved_errno) : take_openssl_error();
      return step::failed;
    default:
      break;
  }
  // A peer that just closes without close_notify is gone, not wrong: mail clients do it all the time.
  if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    ERR_clear_error();
    return step::closed;
  }
  failure_ = take_openssl_error();
  if (auto why = SSL_get_verify_result(native()); why != X509_V_OK) {
    failure_ += std::string(": ") + X509_verify_cert_error_string(why);
  }
  return step::failed;
}

tls_session::step tls_session::handshake() {
  ERR_clear_error();
  errno = 0;
  return outcome(SSL_do_handshake(native()));
}

tls_session::step tls_session::read(std::span<char> into, std::size_t& got) {
  ERR_clear_error();
  errno = 0;
  return outcome(SSL_read_ex(native(), into.data(), into.size(), &got));
}

tls_session::step tls_session::write(std::string_view data, std::size_t& put) {
  ERR_clear_error();
  errno = 0;
  return outcome(SSL_write_ex(native(), data.data(), data.size(), &put));
}

void tls_session::send_close_notify() {
  if (SSL_in_init(native()) != 0 || (SSL_get_shutdown(native()) & SSL_SENT_SHUTDOWN) != 0) return;
  SSL_shutdown(native());
  ERR_clear_error();
}

bool tls_session::has_pending() const { return SSL_has_pending(native()) != 0; }

std::optional<std::string> tls_session::export_channel_binding() const {
  static constexpr std::string_view label = "EXPORTER-Channel-Binding";
  // Without it two sessions may share their keys. [RFC 9266 §4.2]
  if (SSL_version(native()) < TLS1_3_VERSION && SSL_get_extms_support(native()) != 1) return std::nullopt;
  std::string out(32, '\0');
  if (SSL_export_keying_material(native(), reinterpret_cast<unsigned char*>(out.data()), out.size(), label.data(),
                                 label.size(), nullptr, 0, 1) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  return out;
}

}  // namespace postern::net
