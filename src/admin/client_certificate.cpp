#include "admin/client_certificate.hpp"

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "net/tls_context.hpp"
#include "os/directories.hpp"
#include "receive/tls_settings.hpp"

#include "admin/openssl_objects.hpp"

namespace postern::admin {
namespace {

constexpr std::size_t file_octets_max = 1U << 20U;
constexpr std::string_view pem_mark = "-----BEGIN ";

using chain_ptr =
    std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * all) { sk_X509_pop_free(all, X509_free); })>;
using verification_ptr = std::unique_ptr<X509_STORE_CTX, freed_by<X509_STORE_CTX_free>>;

struct found_certificate {
  openssl::x509_ptr leaf;
  chain_ptr chain{sk_X509_new_null()};
};

int no_passphrase(char*, int, int, void*) { return 0; }

result<found_certificate> parse_pem(std::string_view text) {
  openssl::bio_ptr const from(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  found_certificate out;
  while (auto* const one = PEM_read_bio_X509(from.get(), nullptr, no_passphrase, nullptr)) {
    if (!out.leaf) {
      out.leaf.reset(one);
    } else if (sk_X509_push(out.chain.get(), one) == 0) {
      X509_free(one);
    }
  }
  if (!out.leaf) return std::unexpected(openssl::explain("no certificate could be read"));
  return out;
}

result<found_certificate> parse_bundle(std::string_view octets, secret const& password) {
  auto const* at = reinterpret_cast<unsigned char const*>(octets.data());
  openssl::bundle_ptr const bundle(d2i_PKCS12(nullptr, &at, static_cast<long>(octets.size())));
  if (!bundle) return fail("neither PEM nor PKCS #12");
  X509* leaf = nullptr;
  EVP_PKEY* key = nullptr;
  STACK_OF(X509)* chain = nullptr;
  std::string const opened(password.reveal());
  int const read = PKCS12_parse(bundle.get(), opened.c_str(), &key, &leaf, &chain);
  openssl::key_ptr const unused(key);
  found_certificate out{.leaf = openssl::x509_ptr(leaf), .chain = chain_ptr(chain)};
  if (read != 1) return std::unexpected(openssl::explain("the password does not open it"));
  if (!out.leaf) return fail("there is no certificate in it");
  return out;
}

result<secret> read_key_file(std::string const& path) {
  auto content = read_certificate_file(path);
  if (!content) return std::unexpected(content.error());
  return secret(std::move(*content));
}

/// As the handshake of this service does.
void verify(net::tls_info& facts, found_certificate const& found, net::tls_context const& trust) {
  verification_ptr const at(X509_STORE_CTX_new());
  auto* const roots = SSL_CTX_get_cert_store(trust.native());
  if (!at || X509_STORE_CTX_init(at.get(), roots, found.leaf.get(), found.chain.get()) != 1) {
    facts.verify_error = "it cannot be verified";
    return;
  }
  X509_STORE_CTX_set_default(at.get(), "ssl_client");
  X509_STORE_CTX_set_depth(at.get(), trust.options().verify_depth);
  facts.peer_verified = X509_verify_cert(at.get()) == 1;
  if (!facts.peer_verified) facts.verify_error = X509_verify_cert_error_string(X509_STORE_CTX_get_error(at.get()));
}

}  // namespace

bool is_sealed_bundle(std::string_view octets) { return octets.find(pem_mark) == std::string_view::npos; }

result<std::string> read_certificate_file(std::string const& path) {
  auto const file = os::open_to_read(path);
  if (!file) return std::unexpected(file.error());
  auto content = os::read_whole(*file, file_octets_max);
  if (!content) return fail(path + ": " + content.error().text);
  return content;
}

result<client_certificate> parse_client_certificate(std::string_view octets, secret const& password,
                                                    config::settings const& service) {
  auto const found = is_sealed_bundle(octets) ? parse_bundle(octets, password) : parse_pem(octets);
  if (!found) return std::unexpected(found.error());
  auto const pem = openssl::format_certificate(found->leaf.get());
  if (!pem) return std::unexpected(pem.error());
  auto shown = certificate::parse_pem(*pem);
  if (!shown) return std::unexpected(shown.error());
  std::vector<std::string> problems;
  auto const trust = receive::make_tls_context(service, read_key_file, nullptr, problems);
  if (!trust) return std::unexpected(trust.error());
  if (*trust == nullptr) return fail("TLS is switched off here: no client can show a certificate");
  auto const& options = (*trust)->options();
  auto facts = net::describe_certificate(found->leaf.get(), options.fingerprint_digest, options.bare_key_fingerprints);
  verify(facts, *found, **trust);
  return client_certificate{std::move(*shown), std::move(facts)};
}

}  // namespace postern::admin
