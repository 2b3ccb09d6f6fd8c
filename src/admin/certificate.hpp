#pragma once
// Purpose: what an administrator must know of a server's certificate: names, times, key, whom it fits.
// Errors: a PEM text without a certificate that can be read is a failure.
// Security: texts out of a certificate are a stranger's: they are made printable.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"

#include "admin/remark.hpp"

struct x509_st;
struct ssl_st;

namespace postern::admin {

class certificate {
 public:
  /// The first certificate of a PEM text.
  static result<certificate> parse_pem(std::string_view pem);
  /// The peer's in a finished handshake; a failure when it showed none.
  static result<certificate> of_peer(ssl_st const* session);

  std::string subject() const;             ///< "CN = mail.example.com, O = Example"
  std::string issuer() const;              ///< likewise
  std::vector<std::string> names() const;  ///< subjectAltName's host names and addresses; the common name without any
  std::string key_text() const;            ///< "ECDSA (P-256)", "RSA (2048 bits)"
  wall_time not_before() const;
  wall_time not_after() const;
  bool is_self_signed() const;
  /// By the rules for host names with their wildcards [RFC 6125 §6.4]; `host` may be an address too.
  bool fits_host(std::string const& host) const;
  /// The first private key of the PEM text belongs to this certificate.
  bool fits_key(secret const& key_pem) const;
  /// The key's strength in bits of security, as OpenSSL counts: 112 for RSA with 2048 bits.
  int security_bits() const;

 private:
  explicit certificate(std::shared_ptr<x509_st> own) : x509_(std::move(own)) {}
  std::shared_ptr<x509_st> x509_;
};

/// Days before the end of a certificate that its renewal is called for.
inline constexpr std::chrono::days renewal_due{21};

/// Expired, not valid yet, about to expire, of another host, with a weak key: one remark for each; empty when all is
/// well. An empty `host` is not compared.
std::vector<remark> judge_certificate(certificate const& shown, std::string const& host, wall_time now);

}  // namespace postern::admin
