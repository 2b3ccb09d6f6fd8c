#pragma once
// Purpose: a key, its certificate and their authority as one PKCS #12 file, as devices import it.
// Layout: [RFC 7292]; `modern` is AES-256-CBC under PBES2 with HMAC-SHA-256 for key and certificates and a MAC by
//         SHA-256, what OpenSSL 3, Windows since 10 1709, Android since 14, macOS since 15 and iOS since 18 read; `old`
//         is three-key 3DES with SHA-1 for devices before them.
// Security: the password is all that protects the key on its way to the device.

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::admin {

enum class bundle_age : std::uint8_t { modern, old };

struct device_bundle {
  std::string certificate_pem;
  secret key_pem;
  std::string authority_pem;
  std::string friendly_name;  ///< what the device shows
};

/// The file's octets. Pre: the password is not empty.
result<std::string> format_device_bundle(device_bundle const& from, secret const& password, bundle_age age);

}  // namespace postern::admin
