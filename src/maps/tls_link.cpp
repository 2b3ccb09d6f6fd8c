#include "maps/tls_link.hpp"

#include <poll.h>

#include <cerrno>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/ip.hpp"

namespace postern::maps {
namespace {

std::string take_trouble() {
  auto const code = ERR_peek_last_error();
  ERR_clear_error();
  char const* const words = code == 0 ? nullptr : ERR_reason_error_string(code);
  return words == nullptr ? "no reason given" : words;
}

// Whoever it is shows in the certificate: as a name, or as an address. [RFC 6125 §6, RFC 5280 §4.2.1.6]
bool expect_host(SSL* session, std::string const& host) {
  auto* const rules = SSL_get0_param(session);
  if (auto const address = ip_address::parse(host)) return X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) == 1;
  return SSL_set_tlsext_host_name(session, host.c_str()) == 1 && SSL_set1_host(session, host.c_str()) == 1;
}

}  // namespace

std::vector<std::string> list_trusted_places(tls_files const& files) {
  if (!files.ca_path.empty()) return {files.ca_path};
  if (!files.ca_file.empty()) return {};
  return {X509_get_default_cert_dir(), X509_get_default_cert_file(), "/usr/share/ca-certificates",
          "/usr/local/share/ca-certificates"};
}

tls_client::~tls_client() { SSL_CTX_free(context_); }

result<std::shared_ptr<tls_client const>> tls_client::load(tls_files const& files) {
  std::shared_ptr<tls_client const> made(new tls_client(SSL_CTX_new(TLS_client_method())));
  if (auto done = made->configure(files); !done) return std::unexpected(done.error());
  return made;
}

result<> tls_client::configure(tls_files const& files) const {
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  if (!files.ca_file.empty() && SSL_CTX_load_verify_file(context_, files.ca_file.c_str()) != 1) {
    return fail(fmt::format("cannot load the authorities of {}: {}", files.ca_file, take_trouble()));
  }
  if (!files.ca_path.empty()) SSL_CTX_load_verify_dir(context_, files.ca_path.c_str());
  if (files.ca_file.empty() && files.ca_path.empty()) SSL_CTX_set_default_verify_paths(context_);
  if (files.certificate_file.empty()) return {};
  auto const& key = files.key_file.empty() ? files.certificate_file : files.key_file;
  if (SSL_CTX_use_certificate_chain_file(context_, files.certificate_file.c_str()) != 1) {
    return fail(fmt::format("cannot use the certificate in {}: {}", files.certificate_file, take_trouble()));
  }
  if (SSL_CTX_use_PrivateKey_file(context_, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return fail(fmt::format("cannot use the key in {}: {}", key, take_trouble()));
  }
  return {};
}

tls_link::~tls_link() { SSL_free(session_); }

std::string tls_link::explain() const {
  auto const verdict = SSL_get_verify_result(session_);
  if (verdict != X509_V_OK) return X509_verify_cert_error_string(verdict);
  return take_trouble();
}

result<std::unique_ptr<tls_link>> tls_link::connect(tls_client const& with, int socket, std::string const& host,
                                                    wait const& wait_for) {
  std::unique_ptr<tls_link> made(new tls_link(SSL_new(with.native())));
  if (SSL_set_fd(made->session_, socket) != 1 || !expect_host(made->session_, host)) {
    return fail("TLS: " + take_trouble());
  }
  while (true) {
    errno = 0;
    if (made->judge(SSL_connect(made->session_)) > 0) return made;
    if (errno != EAGAIN) return fail("TLS: " + made->explain());
    if (!wait_for(made->wanted())) return fail_errno("TLS", errno);
  }
}

std::ptrdiff_t tls_link::judge(int done) {
  if (done > 0) return done;
  int const system = errno;
  switch (SSL_get_error(session_, done)) {
    case SSL_ERROR_WANT_READ:
      wanted_ = POLLIN;
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_WANT_WRITE:
      wanted_ = POLLOUT;
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    case SSL_ERROR_SYSCALL:
      errno = system == 0 ? ECONNRESET : system;
      return -1;
    default:
      errno = EPROTO;
      return -1;
  }
}

std::ptrdiff_t tls_link::write(std::string_view data) {
  ERR_clear_error();
  errno = 0;
  return judge(SSL_write(session_, data.data(), static_cast<int>(data.size())));
}

std::ptrdiff_t tls_link::read(std::span<char> into) {
  ERR_clear_error();
  errno = 0;
  return judge(SSL_read(session_, into.data(), static_cast<int>(into.size())));
}

}  // namespace postern::maps
