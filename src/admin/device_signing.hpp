#pragma once
// Purpose: the three things that the authority of device certificates signs: itself, a device, a revocation list.
//          No files here.
// Source: [RFC 5280 §4, §5]

#include "admin/device_authority.hpp"
#include "admin/openssl_objects.hpp"

namespace postern::admin {

struct signed_authority {
  std::string certificate_pem;
  secret key_pem;
};

result<signed_authority> sign_authority(std::string const& host, wall_time now);
/// The same name, key and extensions with a lifetime that begins now: what the old one signed, it vouches for. PEM.
result<std::string> sign_renewed_authority(X509 const* old, EVP_PKEY* key, wall_time now);
result<issued_device> sign_device(X509* authority, EVP_PKEY* key, device_request const& wanted, wall_time now);
/// PEM.
result<std::string> sign_revocation_list(X509* authority, EVP_PKEY* key, std::vector<revoked_serial> const& revoked,
                                         wall_time now);
wall_time end_of(X509 const* certificate);

}  // namespace postern::admin
