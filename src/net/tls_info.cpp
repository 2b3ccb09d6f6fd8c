// What tls_session::info() tells: names in the words that Postfix uses in its log and in Received:.
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/hex.hpp"
#include "base/text.hpp"
#include "net/tls_context.hpp"
#include "net/tls_session.hpp"

namespace postern::net {
namespace {

tls_key describe_key(EVP_PKEY* key) {
  if (key == nullptr) return {};
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:  // TLS 1.3 signs with RSA-PSS whatever the key's own type [RFC 8446 §4.2.3]
    case EVP_PKEY_RSA_PSS:
      return {"RSA-PSS", {}, EVP_PKEY_get_bits(key)};
    case EVP_PKEY_EC: {
      char name[64] = "";
      std::size_t length = 0;
      EVP_PKEY_get_group_name(key, name, sizeof name, &length);
      return {"ECDSA", name, 0};
    }
    default:
      return {OBJ_nid2sn(EVP_PKEY_get_base_id(key)), {}, 0};
  }
}

std::string name_field(X509_NAME* name, int field) {
  char buffer[256] = "";
  int const length = X509_NAME_get_text_by_NID(name, field, buffer, sizeof buffer);
  // With what stands behind a NUL: "joe\0.example" is not joe.
  return length > 0 ? printable({buffer, static_cast<std::size_t>(length)}, sizeof buffer) : std::string();
}

// [RFC 5280 §4.2.1.6]
std::string email_address(X509* certificate) {
  auto* const addresses = X509_get1_email(certificate);
  std::string out;
  for (int i = 0; out.empty() && i < sk_OPENSSL_STRING_num(addresses); ++i) out = sk_OPENSSL_STRING_value(addresses, i);
  X509_email_free(addresses);
  return printable(out, 256);
}

std::string hex_pairs(std::span<unsigned char const> octets) {
  std::string out;
  for (auto octet : octets) out += fmt::format("{}{:02X}", out.empty() ? "" : ":", octet);
  return out;
}

// The whole SubjectPublicKeyInfo, or only the bits in it, as Postfix 2.9.0 did. [RFC 5280 §4.1.2.7]
std::string digest_key(X509* certificate, EVP_MD const* digest, bool bare) {
  unsigned char buffer[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (bare) {
    auto const* bits = X509_get0_pubkey_bitstr(certificate);
    bool const done =
        bits != nullptr && EVP_Digest(ASN1_STRING_get0_data(bits), static_cast<std::size_t>(ASN1_STRING_length(bits)),
                                      buffer, &length, digest, nullptr) == 1;
    return done ? hex_pairs({buffer, length}) : std::string();
  }
  unsigned char* key = nullptr;
  int const key_length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &key);
  if (key_length <= 0) return {};
  bool const done = EVP_Digest(key, static_cast<std::size_t>(key_length), buffer, &length, digest, nullptr) == 1;
  OPENSSL_free(key);
  return done ? hex_pairs({buffer, length}) : std::string();
}

void describe_peer(tls_info& out, X509* certificate, std::string const& digest_name, bool bare_key) {
  out.peer_certificate = true;
  out.peer_subject_cn = name_field(X509_get_subject_name(certificate), NID_commonName);
  out.peer_email = email_address(certificate);
  out.peer_issuer_cn = name_field(X509_get_issuer_name(certificate), NID_commonName);
  out.peer_issuer_organization = name_field(X509_get_issuer_name(certificate), NID_organizationName);
  unsigned char buffer[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (X509_digest(certificate, EVP_sha256(), buffer, &length) == 1) {
    out.peer_sha256 = encode_hex({reinterpret_cast<char const*>(buffer), length});
  }
  auto const* digest = EVP_get_digestbyname(digest_name.c_str());
  if (digest == nullptr) return;
  if (X509_digest(certificate, digest, buffer, &length) == 1) out.peer_fingerprint = hex_pairs({buffer, length});
  out.peer_key_fingerprint = digest_key(certificate, digest, bare_key);
}

std::string digest_name(int nid) { return nid == NID_undef ? std::string{} : OBJ_nid2sn(nid); }

void describe_signatures(tls_info& out, SSL* ssl) {
  bool server = SSL_is_server(ssl) != 0;
  int own_digest = NID_undef;
  int peer_digest = NID_undef;
  bool signed_by_us = SSL_get_signature_nid(ssl, &own_digest) == 1;
  bool signed_by_peer = SSL_get_peer_signature_nid(ssl, &peer_digest) == 1;
  auto own = signed_by_us ? describe_key(SSL_get_privatekey(ssl)) : tls_key{};
  auto peer = signed_by_peer ? describe_key(X509_get0_pubkey(SSL_get0_peer_certificate(ssl))) : tls_key{};
  out.server_signature = server ? own : peer;
  out.server_digest = digest_name(server ? own_digest : peer_digest);
  out.client_signature = server ? peer : own;
  out.client_digest = digest_name(server ? peer_digest : own_digest);
}

// The handshake's groups and signatures are only told apart under TLS 1.3.
void describe_handshake(tls_info& out, SSL* ssl) {
  if (SSL_version(ssl) < TLS1_3_VERSION) return;
  if (int group = static_cast<int>(SSL_get_negotiated_group(ssl)); group != NID_undef) {
    std::string name = OBJ_nid2sn(group);
    bool named_by_itself = group == NID_X25519 || group == NID_X448;
    out.key_exchange =
        named_by_itself ? tls_key{name, {}, 0} : tls_key{name.starts_with("ffdhe") ? "DHE" : "ECDHE", name, 0};
  }
  if (SSL_session_reused(ssl) == 0) describe_signatures(out, ssl);
}

}  // namespace

std::string tls_key::text() const {
  if (!curve.empty()) return kind + " (" + curve + ")";
  return bits > 0 ? kind + " (" + std::to_string(bits) + " bits)" : kind;
}

tls_info describe_certificate(x509_st* certificate, std::string const& fingerprint_digest, bool bare_key_fingerprints) {
  tls_info out;
  describe_peer(out, certificate, fingerprint_digest, bare_key_fingerprints);
  return out;
}

tls_info tls_session::info() const {
  tls_info out;
  SSL* ssl = native();
  out.protocol = SSL_get_version(ssl);
  if (auto const* cipher = SSL_get_current_cipher(ssl); cipher != nullptr) {
    out.cipher = SSL_CIPHER_get_name(cipher);
    out.cipher_bits_used = SSL_CIPHER_get_bits(cipher, &out.cipher_bits_all);
  }
  out.resumed = SSL_session_reused(ssl) != 0;
  if (char const* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name); name != nullptr) {
    out.server_name = printable(lowercase(name));
    if (out.server_name.ends_with('.')) out.server_name.pop_back();
    out.chosen_by_name = SSL_get_SSL_CTX(ssl) != given_context_;
  }
  describe_handshake(out, ssl);
  if (X509* peer = SSL_get0_peer_certificate(ssl); peer != nullptr) {
    describe_peer(out, peer, fingerprint_digest_, bare_key_fingerprints_);
    auto verdict = SSL_get_verify_result(ssl);
    out.peer_verified = verdict == X509_V_OK;
    if (!out.peer_verified) out.verify_error = X509_verify_cert_error_string(verdict);
  }
  return out;
}

}  // namespace postern::net
