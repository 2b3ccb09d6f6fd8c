#include "net/channel_binding.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace postern::net {
namespace {

// The first Finished message of the handshake: the client's, in a resumed session the server's. [RFC 5929 §3.1]
std::string find_tls_unique(SSL* ssl) {
  if (SSL_version(ssl) >= TLS1_3_VERSION || SSL_get_extms_support(ssl) != 1) return {};
  bool const first_is_server_s = SSL_session_reused(ssl) != 0;
  bool const first_is_ours = (SSL_is_server(ssl) != 0) == first_is_server_s;
  std::string out(EVP_MAX_MD_SIZE, '\0');
  out.resize(first_is_ours ? SSL_get_finished(ssl, out.data(), out.size())
                           : SSL_get_peer_finished(ssl, out.data(), out.size()));
  return out;
}

// By the hash of the certificate's signature; MD5 and SHA-1 count as SHA-256, and a signature without a single hash
// leaves the binding undefined. [RFC 5929 §4.1]
std::string hash_server_certificate(SSL* ssl) {
  X509* const certificate = SSL_is_server(ssl) != 0 ? SSL_get_certificate(ssl) : SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr) return {};
  int hash = NID_undef;
  if (X509_get_signature_info(certificate, &hash, nullptr, nullptr, nullptr) != 1 || hash == NID_undef) {
    ERR_clear_error();
    return {};
  }
  bool const weak = hash == NID_md5 || hash == NID_sha1 || hash == NID_md5_sha1;
  auto const* const digest = weak ? EVP_sha256() : EVP_get_digestbynid(hash);
  unsigned char buffer[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (digest == nullptr || X509_digest(certificate, digest, buffer, &length) != 1) return {};
  return {reinterpret_cast<char const*>(buffer), length};
}

}  // namespace

bool can_bind_channel(tls_session const& session) {
  SSL* const ssl = session.native();
  return SSL_version(ssl) >= TLS1_3_VERSION || SSL_get_extms_support(ssl) == 1 || !hash_server_certificate(ssl).empty();
}

std::vector<tls_binding> list_channel_bindings(tls_session const& session) {
  std::vector<tls_binding> out;
  if (auto exporter = session.export_channel_binding()) out.push_back({"tls-exporter", std::move(*exporter)});
  if (auto unique = find_tls_unique(session.native()); !unique.empty()) out.push_back({"tls-unique", unique});
  if (auto hash = hash_server_certificate(session.native()); !hash.empty())
    out.push_back({"tls-server-end-point", hash});
  return out;
}

}  // namespace postern::net
