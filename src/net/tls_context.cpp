#include "net/tls_context.hpp"

#include <array>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>

#include "base/freed_by.hpp"
#include "base/text.hpp"
#include "net/tls_errors.hpp"
#include "net/tls_protocols.hpp"
#include "os/random.hpp"

namespace postern::net {
namespace {

using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free_all>>;
using x509_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using pkey_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;

bio_ptr reader(std::string_view text) { return bio_ptr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// OpenSSL asks for a passphrase on the terminal unless told otherwise; a server has none.
int no_passphrase(char*, int, int, void*) { return 0; }

int on_ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                  int encrypt) {
  auto* keys = static_cast<tls_ticket_keys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  if (keys == nullptr) return -1;
  auto const* key = encrypt != 0 ? &keys->current() : keys->find(name);
  if (key == nullptr) return 0;
  if (encrypt != 0) {
    std::memcpy(name, key->name.data(), key->name.size());
    os::fill_random({iv, static_cast<std::size_t>(EVP_CIPHER_get_iv_length(EVP_aes_256_cbc()))});
  }
  char digest[] = "SHA256";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, const_cast<unsigned char*>(key->mac_key.data()),
                                        key->mac_key.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  if (EVP_MAC_CTX_set_params(mac, parameters) != 1) return -1;
  auto init = encrypt != 0 ? EVP_EncryptInit_ex : EVP_DecryptInit_ex;
  if (init(cipher, EVP_aes_256_cbc(), nullptr, key->cipher_key.data(), iv) != 1) return -1;
  bool renew = encrypt == 0 && key != &keys->current();
  return renew ? 2 : 1;
}

// A ticket carries the verdict on the client's certificate, and all services share the ticket keys: a session is only
// resumed where that verdict would have been the same.
std::array<unsigned char, SHA256_DIGEST_LENGTH> session_trust(tls_options const& options) {
  std::string text = "postern";
  if (options.ask_peer != peer_certificate::none)
    text += fmt::format("\n{}\n{}\n{}\n{}", options.ca_file, options.ca_path, options.verify_depth,
                        options.default_authorities);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> out{};
  SHA256(reinterpret_cast<unsigned char const*>(text.data()), text.size(), out.data());
  return out;
}

std::string server_name_of(SSL* ssl) {
  char const* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  std::string out = lowercase(name == nullptr ? "" : name);
  if (out.ends_with('.')) out.pop_back();  // Outlook for Mac sends "mail.example.com."
  return out;
}

}  // namespace

std::vector<std::string> default_authority_places() {
  return {X509_get_default_cert_dir(), X509_get_default_cert_file()};
}

tls_context::~tls_context() { SSL_CTX_free(context_); }

result<std::shared_ptr<tls_context>> tls_context::make_server(tls_options options) {
  std::shared_ptr<tls_context> made(new tls_context(SSL_CTX_new(TLS_server_method()), std::move(options)));
  if (auto done = made->configure(true); !done) return std::unexpected(done.error());
  return made;
}

result<std::shared_ptr<tls_context>> tls_context::make_client(tls_options options) {
  std::shared_ptr<tls_context> made(new tls_context(SSL_CTX_new(TLS_client_method()), std::move(options)));
  if (auto done = made->configure(false); !done) return std::unexpected(done.error());
  return made;
}

result<> tls_context::add_identity(tls_identity const& identity) {
  auto certificates = reader(identity.certificates_pem);
  auto refuse = [&](std::string const& what) {
    return fail(what + " in " + identity.named + ": " + take_openssl_error());
  };
  x509_ptr leaf(PEM_read_bio_X509(certificates.get(), nullptr, no_passphrase, nullptr));
  if (!leaf) return refuse("no certificate could be read");
  if (SSL_CTX_use_certificate(context_, leaf.get()) != 1) return refuse("cannot use the certificate");
  std::vector<x509_ptr> chain;
  while (x509_ptr link{PEM_read_bio_X509(certificates.get(), nullptr, no_passphrase, nullptr)})
    chain.push_back(std::move(link));
  ERR_clear_error();
  auto key_source = reader(identity.key_pem.reveal());
  pkey_ptr key(PEM_read_bio_PrivateKey(key_source.get(), nullptr, no_passphrase, nullptr));
  if (!key) return refuse("no private key could be read (is it protected by a passphrase?)");
  if (SSL_CTX_use_PrivateKey(context_, key.get()) != 1) return refuse("the private key does not match the certificate");
  SSL_CTX_clear_chain_certs(context_);
  for (auto const& link : chain) SSL_CTX_add1_chain_cert(context_, link.get());
  return {};
}

tls_context const* tls_context::find_by_name(std::string_view name) const {
  if (auto place = by_name_.find(name); place != by_name_.end()) return place->second.get();
  for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    if (auto place = by_name_.find(name.substr(dot)); place != by_name_.end()) return place->second.get();
  }
  return nullptr;
}

// All are made now: during a handshake the sandbox is closed and nobody hears of a certificate that does not fit.
result<> tls_context::add_name_selection() {
  for (auto& [name, identities] : std::exchange(options_.identities_by_name, {})) {
    auto options = options_;
    options.identities = identities;
    auto made = make_server(std::move(options));
    if (!made) return std::unexpected(made.error());
    by_name_.emplace(name, std::move(*made));
  }
  auto select = +[](SSL* ssl, int*, void* argument) -> int {
    auto name = server_name_of(ssl);
    if (name.empty()) return SSL_TLSEXT_ERR_NOACK;
    auto const* found = static_cast<tls_context*>(argument)->find_by_name(name);
    if (found != nullptr) SSL_set_SSL_CTX(ssl, found->native());
    return SSL_TLSEXT_ERR_OK;
  };
  SSL_CTX_set_tlsext_servername_callback(context_, select);
  SSL_CTX_set_tlsext_servername_arg(context_, this);
  return {};
}

result<> tls_context::add_authorities() {
  if (!options_.ca_file.empty() && SSL_CTX_load_verify_file(context_, options_.ca_file.c_str()) != 1) {
    return fail("cannot load the trusted roots of " + options_.ca_file + ": " + take_openssl_error());
  }
  if (!options_.ca_path.empty()) SSL_CTX_load_verify_dir(context_, options_.ca_path.c_str());
  if (options_.default_authorities && SSL_CTX_set_default_verify_paths(context_) != 1) {
    return fail("cannot load the trusted roots that OpenSSL comes with: " + take_openssl_error());
  }
  return {};
}

result<> tls_context::announce_authorities() {
  if (options_.ask_peer == peer_certificate::none || options_.announced_ca_files.empty()) return {};
  auto* const names = sk_X509_NAME_new_null();
  if (names == nullptr) return fail("no memory for the names of authorities");
  SSL_CTX_set_client_CA_list(context_, names);  // the context's from here on
  for (auto const& file : options_.announced_ca_files) {
    if (SSL_add_file_cert_subjects_to_stack(names, file.c_str()) == 1) continue;
    return fail("cannot read the names of the authorities in " + file + ": " + take_openssl_error());
  }
  return {};
}

result<> tls_context::configure(bool server) {
  auto range = parse_tls_protocols(options_.protocols);
  if (!range) return std::unexpected(range.error());
  auto ciphers = format_cipher_list(options_.cipher_grade, options_.cipher_list, options_.excluded_ciphers);
  if (!ciphers) return std::unexpected(ciphers.error());
  SSL_CTX_set_min_proto_version(context_, range->lowest);
  SSL_CTX_set_max_proto_version(context_, range->highest);
  SSL_CTX_set_options(context_, range->excluded | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_options(context_, options_.prefer_server_ciphers ? SSL_OP_CIPHER_SERVER_PREFERENCE : 0);
  if (SSL_CTX_set_cipher_list(context_, ciphers->c_str()) != 1) {
    return fail("no usable cipher in '" + *ciphers + "': " + take_openssl_error());
  }
  if (!options_.groups.empty() && SSL_CTX_set1_groups_list(context_, options_.groups.c_str()) != 1) {
    return fail("no usable key exchange group in '" + options_.groups + "': " + take_openssl_error());
  }
  SSL_CTX_set_mode(context_,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context_, 1);  // one recv a record instead of two
  for (auto const& identity : options_.identities) {
    if (auto added = add_identity(identity); !added) return added;
  }
  if (auto added = add_authorities(); !added) return added;
  if (EVP_get_digestbyname(options_.fingerprint_digest.c_str()) == nullptr) {
    return fail("there is no digest '" + options_.fingerprint_digest + "' for fingerprints");
  }
  SSL_CTX_set_verify_depth(context_, options_.verify_depth);
  int verify = SSL_VERIFY_NONE;
  if (server && options_.ask_peer != peer_certificate::none) verify = SSL_VERIFY_PEER;
  if (!server && options_.verify_peer) verify = SSL_VERIFY_PEER;
  // A server that only asks goes on with any certificate; what it is worth is told by tls_info and judged by policy.
  auto accept_any = +[](int, X509_STORE_CTX*) { return 1; };
  SSL_CTX_set_verify(context_, verify, server && options_.ask_peer == peer_certificate::ask ? accept_any : nullptr);
  SSL_CTX_set_timeout(context_, options_.session_lifetime.count());
  SSL_CTX_set_session_cache_mode(context_,
                                 server ? SSL_SESS_CACHE_OFF : SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  if (!server) return {};
  if (auto announced = announce_authorities(); !announced) return announced;
  auto trust = session_trust(options_);
  SSL_CTX_set_session_id_context(context_, trust.data(), trust.size());
  SSL_CTX_set_num_tickets(context_, options_.tickets ? 1 : 0);
  if (!options_.tickets) SSL_CTX_set_options(context_, SSL_OP_NO_TICKET);
  if (options_.tickets && options_.ticket_keys) {
    SSL_CTX_set_app_data(context_, options_.ticket_keys.get());
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context_, on_ticket_key);
  }
  return options_.identities_by_name.empty() ? result<>{} : add_name_selection();
}

}  // namespace postern::net
