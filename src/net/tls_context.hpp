#pragma once
// Purpose: the TLS configuration shared by many connections: certificates, protocols, ciphers, client certificates,
//          tickets.
// Security: private keys come in as text that was read with more privileges than this program has; they are wiped after
//           use.
// Source: parameters smtpd_tls_* and smtp_tls_* of postconf(5), turned into plain values by receive and delivery.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "net/tls_ticket_keys.hpp"

struct ssl_ctx_st;

namespace postern::net {

/// Where the authorities lie that OpenSSL comes with: certificates are looked for there during handshakes.
std::vector<std::string> default_authority_places();

/// Organization of the authority of device certificates, by which servers know whom to ask about one.
inline constexpr std::string_view device_authority_name = "Postern device certificates";

/// A key and the certificate chain that belongs to it, PEM, leaf first.
struct tls_identity {
  std::string certificates_pem;
  secret key_pem;
  std::string named;  ///< the file names, for messages
};

/// A server that asks goes on without a certificate, and with one that it does not trust; tls_info tells what came.
enum class peer_certificate { none, ask };

struct tls_options {
  std::vector<tls_identity> identities;  ///< one for each key type (RSA, ECDSA …)
  /// Server: by SNI name, lower-case, or ".example.com" for the names below it; other names get the ones above.
  std::map<std::string, std::vector<tls_identity>, std::less<>> identities_by_name;
  std::string protocols = ">=TLSv1";    ///< the value of *_tls_protocols
  std::string cipher_list;              ///< OpenSSL cipher list for TLS 1.2 and below; empty: by grade
  std::string excluded_ciphers;         ///< names to exclude, comma separated
  std::string cipher_grade = "medium";  ///< export, low, medium, high, null
  std::string groups;                   ///< key exchange groups; empty: OpenSSL's choice
  peer_certificate ask_peer = peer_certificate::none;
  bool verify_peer = false;  ///< client: the handshake fails unless the chain is trusted
  std::string ca_file;
  std::string ca_path;
  bool default_authorities = false;  ///< besides those of ca_file and ca_path, the ones that OpenSSL comes with
  /// Server that asks: files of authorities whose names clients are told, so that they offer a certificate that fits.
  std::vector<std::string> announced_ca_files;
  int verify_depth = 9;
  std::string fingerprint_digest = "sha256";
  bool bare_key_fingerprints = false;  ///< of a key's bits without what says of which kind it is
  bool prefer_server_ciphers = false;
  bool tickets = true;
  std::chrono::seconds session_lifetime{3600};
  std::shared_ptr<tls_ticket_keys> ticket_keys;  ///< shared by all processes of a server; null: this process's own
};

class tls_context {
 public:
  static result<std::shared_ptr<tls_context>> make_server(tls_options options);
  static result<std::shared_ptr<tls_context>> make_client(tls_options options);
  ~tls_context();
  tls_context(tls_context const&) = delete;
  tls_context& operator=(tls_context const&) = delete;

  ssl_ctx_st* native() const noexcept { return context_; }
  /// A server name may lead to a certificate of its own.
  bool chooses_by_name() const noexcept { return !by_name_.empty(); }
  tls_options const& options() const noexcept { return options_; }

 private:
  tls_context(ssl_ctx_st* context, tls_options options) : context_(context), options_(std::move(options)) {}
  result<> configure(bool server);
  result<> add_identity(tls_identity const& identity);
  result<> add_name_selection();
  result<> add_authorities();
  result<> announce_authorities();
  tls_context const* find_by_name(std::string_view name) const;

  ssl_ctx_st* context_;
  tls_options options_;
  std::map<std::string, std::shared_ptr<tls_context>, std::less<>> by_name_;
};

}  // namespace postern::net
