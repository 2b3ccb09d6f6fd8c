#pragma once
// Purpose: one TLS connection over a non-blocking socket: the thin layer between stream and OpenSSL, and what was
//          negotiated.
// Source: [RFC 8446], [RFC 5246]; the words of tls_info are those that Postfix logs and writes into Received:.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/io_result.hpp"

struct ssl_st;
struct ssl_ctx_st;
struct x509_st;

namespace postern::net {

class tls_context;

/// A key exchange or a signature: "X25519", "ECDSA (prime256v1)", "RSA-PSS (2048 bits)".
struct tls_key {
  std::string kind;   ///< empty: not known, as under TLS 1.2; in a resumed session nothing is signed
  std::string curve;  ///< of ECDHE and ECDSA
  int bits = 0;       ///< of RSA
  std::string text() const;
};

/// What was negotiated.
struct tls_info {
  std::string protocol;      ///< "TLSv1.3"
  std::string cipher;        ///< "TLS_AES_256_GCM_SHA384"
  int cipher_bits_used = 0;  ///< secret bits in use
  int cipher_bits_all = 0;
  tls_key key_exchange;
  tls_key server_signature;
  std::string server_digest;  ///< "SHA256"
  tls_key client_signature;
  std::string client_digest;
  std::string server_name;      ///< SNI as the client sent it, a trailing dot removed
  bool chosen_by_name = false;  ///< there is a certificate for that name alone, and the client got it
  bool resumed = false;
  bool peer_certificate = false;  ///< the peer presented one
  bool peer_verified = false;     ///< and it chains to a trusted root
  std::string peer_subject_cn;
  std::string peer_email;  ///< the first rfc822Name among its subjectAltNames; empty: it has none
  std::string peer_issuer_cn;
  std::string peer_issuer_organization;
  std::string peer_fingerprint;      ///< "AB:CD:…" of the certificate, by the context's fingerprint digest
  std::string peer_key_fingerprint;  ///< of its public key
  std::string peer_sha256;           ///< of the certificate, always by SHA-256, lower-case hexadecimal digits
  std::string verify_error;          ///< why verification failed; empty when it did not
};

/// What tells of the peer in tls_info, of a certificate that no handshake has shown; whether it is trusted stays open.
tls_info describe_certificate(x509_st* certificate, std::string const& fingerprint_digest, bool bare_key_fingerprints);

class tls_session {
 public:
  enum class step { done, want_read, want_write, closed, failed };

  /// A server session, or a client session that asks for `server_name` (SNI and host name check as the context
  /// demands).
  static tls_session accept(tls_context const& context, int socket);
  static tls_session connect(tls_context const& context, int socket, std::string const& server_name);
  tls_session(tls_session&&) noexcept;
  tls_session& operator=(tls_session&&) noexcept;
  ~tls_session();

  step handshake();
  step read(std::span<char> into, std::size_t& got);
  step write(std::string_view data, std::size_t& put);
  void send_close_notify();
  /// Octets were read from the socket already that read() has not given out.
  bool has_pending() const;

  /// Why the last step failed, in OpenSSL's words.
  std::string const& failure_text() const noexcept { return failure_; }
  /// Only after the handshake; made anew at each call, so keep it.
  tls_info info() const;
  /// Keying material for channel bindings. [RFC 9266 §2]
  std::optional<std::string> export_channel_binding() const;
  ssl_st* native() const noexcept { return ssl_.get(); }

 private:
  struct release {
    void operator()(ssl_st* ssl) const noexcept;
  };
  tls_session(ssl_st* ssl, tls_context const& context);
  step outcome(int returned);

  std::unique_ptr<ssl_st, release> ssl_;
  ssl_ctx_st* given_context_;  // only to see whether the SNI name led to another
  std::string fingerprint_digest_;
  bool bare_key_fingerprints_;
  std::string failure_;
};

}  // namespace postern::net
