#pragma once
// Purpose: message digests, HMAC and PBKDF2 over OpenSSL's EVP; algorithms are fetched once per process.
// Units: octets in, raw octets out (not hexadecimal).
// Errors: none are possible with these algorithms; when OpenSSL cannot provide one the program aborts at first use.
// Concurrency: any thread.
// Security: SHA-1 is here for SCRAM-SHA-1 and certificates' fingerprints, where its collisions do no harm.
// Source: [RFC 2104], [RFC 8018 §5.2]

#include <cstddef>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace postern::crypto {

enum class hash_algorithm { sha1, sha256, sha512 };

std::size_t digest_size(hash_algorithm algorithm);
std::string digest(hash_algorithm algorithm, std::string_view data);

/// [RFC 2104]; an empty key is allowed.
std::string hmac(hash_algorithm algorithm, std::string_view key, std::string_view data);

/// PBKDF2 with HMAC, as long as the digest: SCRAM's Hi(). Pre: iterations > 0. [RFC 5802 §2.2]
secret pbkdf2(hash_algorithm algorithm, secret const& password, std::string_view salt, unsigned iterations);

/// Takes a time that depends on the lengths only; strings of different length are never equal.
bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace postern::crypto
