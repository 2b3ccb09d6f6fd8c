#include "admin/certificate.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/freed_by.hpp"
#include "base/ip.hpp"
#include "base/text.hpp"
#include "net/tls_errors.hpp"

namespace postern::admin {
namespace {

using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free_all>>;
using pkey_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;

// OpenSSL asks for a passphrase on the terminal unless told otherwise.
int no_passphrase(char*, int, int, void*) { return 0; }

bio_ptr reader(std::string_view text) { return bio_ptr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

std::string name_text(X509_NAME* name) {
  bio_ptr out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  auto length = BIO_get_mem_data(out.get(), &data);
  return printable({data, static_cast<std::size_t>(length)});
}

std::string text_of(ASN1_STRING const* string) {
  return printable({reinterpret_cast<char const*>(ASN1_STRING_get0_data(string)),
                    static_cast<std::size_t>(ASN1_STRING_length(string))});
}

std::string address_of(ASN1_OCTET_STRING const* octets) {
  auto const* data = ASN1_STRING_get0_data(octets);
  if (ASN1_STRING_length(octets) == 4) {
    std::array<std::uint8_t, 4> v4{};
    std::memcpy(v4.data(), data, v4.size());
    return ip_address::from_v4(v4).text();
  }
  if (ASN1_STRING_length(octets) != 16) return "?";
  std::array<std::uint8_t, 16> v6{};
  std::memcpy(v6.data(), data, v6.size());
  return ip_address::from_octets(v6).text();
}

wall_time time_of(ASN1_TIME const* when) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(when, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

std::string day(wall_time when) { return format_utc(when).substr(0, 10); }

std::string joined(std::vector<std::string> const& words) {
  std::string out;
  for (auto const& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

}  // namespace

result<certificate> certificate::parse_pem(std::string_view pem) {
  auto source = reader(pem);
  std::shared_ptr<X509> read(PEM_read_bio_X509(source.get(), nullptr, no_passphrase, nullptr), X509_free);
  if (!read) return fail("no certificate could be read: " + net::take_openssl_error());
  return certificate(std::move(read));
}

result<certificate> certificate::of_peer(ssl_st const* session) {
  std::shared_ptr<X509> shown(SSL_get1_peer_certificate(session), X509_free);
  if (!shown) return fail("the peer showed no certificate");
  return certificate(std::move(shown));
}

std::string certificate::subject() const { return name_text(X509_get_subject_name(x509_.get())); }
std::string certificate::issuer() const { return name_text(X509_get_issuer_name(x509_.get())); }
wall_time certificate::not_before() const { return time_of(X509_get0_notBefore(x509_.get())); }
wall_time certificate::not_after() const { return time_of(X509_get0_notAfter(x509_.get())); }
bool certificate::is_self_signed() const { return X509_self_signed(x509_.get(), 0) == 1; }

std::vector<std::string> certificate::names() const {
  std::vector<std::string> out;
  std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>> alternatives(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x509_.get(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    auto const* name = sk_GENERAL_NAME_value(alternatives.get(), i);
    if (name->type == GEN_DNS) out.push_back(text_of(name->d.dNSName));
    if (name->type == GEN_IPADD) out.push_back(address_of(name->d.iPAddress));
  }
  if (!out.empty()) return out;
  auto* subject = X509_get_subject_name(x509_.get());
  int place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (place >= 0) out.push_back(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place))));
  return out;
}

std::string certificate::key_text() const {
  auto* key = X509_get0_pubkey(x509_.get());
  if (key == nullptr) return "unknown key";
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) {
    char const* type = EVP_PKEY_get0_type_name(key);
    return fmt::format("{} ({} bits)", type == nullptr ? "key" : type, EVP_PKEY_get_bits(key));
  }
  char group[64] = "";
  std::size_t length = 0;
  EVP_PKEY_get_group_name(key, group, sizeof group, &length);
  char const* short_name = EC_curve_nid2nist(OBJ_sn2nid(group));
  return fmt::format("ECDSA ({})", short_name == nullptr ? group : short_name);
}

int certificate::security_bits() const {
  auto* key = X509_get0_pubkey(x509_.get());
  return key == nullptr ? 0 : EVP_PKEY_get_security_bits(key);
}

bool certificate::fits_host(std::string const& host) const {
  if (ip_address::parse(host)) return X509_check_ip_asc(x509_.get(), host.c_str(), 0) == 1;
  return X509_check_host(x509_.get(), host.data(), host.size(), 0, nullptr) == 1;
}

bool certificate::fits_key(secret const& key_pem) const {
  auto source = reader(key_pem.reveal());
  pkey_ptr key(PEM_read_bio_PrivateKey(source.get(), nullptr, no_passphrase, nullptr));
  bool fits = key && X509_check_private_key(x509_.get(), key.get()) == 1;
  net::take_openssl_error();
  return fits;
}

std::vector<remark> judge_certificate(certificate const& shown, std::string const& host, wall_time now) {
  constexpr int security_bits_min = 112;
  std::vector<remark> out;
  if (now > shown.not_after()) {
    out.push_back({gravity::problem, fmt::format("the certificate expired on {}", day(shown.not_after())),
                   "renew it; clients refuse to connect or ask their users"});
  } else if (now > shown.not_after() - renewal_due) {
    auto left = std::chrono::duration_cast<std::chrono::days>(shown.not_after() - now).count();
    out.push_back({gravity::warning,
                   fmt::format("the certificate expires on {}, in {} days", day(shown.not_after()), left),
                   "renew it and run postern reload"});
  }
  if (now < shown.not_before()) {
    out.push_back({gravity::problem, fmt::format("the certificate is not valid before {}", day(shown.not_before())),
                   "set the clock of this machine, or wait"});
  }
  if (!host.empty() && !shown.fits_host(host)) {
    out.push_back({gravity::warning, fmt::format("the certificate is for {}, not for {}", joined(shown.names()), host),
                   "clients must use a name that the certificate has, or get a certificate for this name"});
  }
  if (shown.security_bits() < security_bits_min) {
    out.push_back({gravity::warning, fmt::format("the certificate's key is weak: {}", shown.key_text()),
                   "make a new key: ECDSA with P-256, or RSA with 2048 bits or more"});
  }
  return out;
}

}  // namespace postern::admin
