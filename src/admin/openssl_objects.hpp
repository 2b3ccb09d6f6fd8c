#pragma once
// Purpose: OpenSSL's objects with owners, and PEM texts in and out, for the files that make certificates.
// Errors: OpenSSL's own sentence behind what was tried.
// Security: keys are read without asking anybody for a passphrase and written into `secret`.

#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "base/freed_by.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::admin::openssl {

using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free_all>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using x509_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using list_ptr = std::unique_ptr<X509_CRL, freed_by<X509_CRL_free>>;
using bundle_ptr = std::unique_ptr<PKCS12, freed_by<PKCS12_free>>;

/// "WHAT: OpenSSL's reason".
failure explain(std::string_view what);

result<x509_ptr> parse_certificate(std::string_view pem);
result<key_ptr> parse_key(secret const& pem);
result<std::string> format_certificate(X509 const* certificate);
/// PKCS #8.
result<secret> format_key(EVP_PKEY const* key);
/// All that was written to a memory BIO.
std::string take_text(BIO* bio);
/// SHA-256, lower-case hexadecimal digits.
std::string fingerprint_of(X509 const* certificate);

}  // namespace postern::admin::openssl
