#pragma once
// Purpose: argon2id password hashes in their usual text form, the PHC string.
// Layout: $argon2id$v=19$m=KIB,t=PASSES,p=LANES$SALT$HASH, base64 without padding.
// Units: memory in KiB.
// Errors: no memory, parameters out of bounds, or a string that is no argon2id hash is a failure.
// Concurrency: any thread; a call takes memory_kib KiB and tens of milliseconds of CPU, so callers bound how many run.
// Limits: what a stored string may ask for is bounded (argon2id_limits), or a bad row would stop the program.
// Source: [RFC 9106]

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::crypto {

/// About 30 ms on one core of 2020; the second choice of [RFC 9106 §4] scaled to a mail server (OWASP's minimum).
struct argon2id_parameters {
  std::uint32_t memory_kib = 19 * 1024;
  std::uint32_t passes = 2;
  std::uint32_t lanes = 1;
  friend bool operator==(argon2id_parameters const&, argon2id_parameters const&) = default;
};

struct argon2id_limits {
  std::uint32_t memory_kib_max = 256 * 1024;
  std::uint32_t passes_max = 20;
  std::uint32_t lanes_max = 8;
};

/// Hashes with this salt (at least 8 octets; 16 are usual).
result<std::string> hash_argon2id(secret const& password, std::string_view salt,
                                  argon2id_parameters const& parameters = {});

/// Is this the password behind the hash? Compares in constant time.
result<bool> verify_argon2id(std::string_view phc, secret const& password, argon2id_limits const& limits = {});

/// The same for the sibling that other programs store: "$argon2i$v=19$…".
result<bool> verify_argon2i(std::string_view phc, secret const& password, argon2id_limits const& limits = {});

/// What a hash costs; a failure when the text is no argon2id hash of version 19 or asks for more than the limits.
result<argon2id_parameters> parse_argon2id_parameters(std::string_view phc, argon2id_limits const& limits = {});

}  // namespace postern::crypto
