#include "crypto/argon2id.hpp"

#include <argon2.h>

#include <optional>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "crypto/argon2id_memory.hpp"

namespace postern::crypto {
namespace {

constexpr std::size_t hash_octets = 32;

/// "m=19456" -> 19456.
std::optional<std::uint32_t> parse_assignment(std::string_view text, char name) {
  if (text.size() < 3 || text[0] != name || text[1] != '=') return std::nullopt;
  auto const number = parse_unsigned(text.substr(2));
  if (!number || *number == 0 || *number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

result<bool> read_verdict(int status) {
  if (status == ARGON2_OK) return true;
  if (status == ARGON2_VERIFY_MISMATCH) return false;
  return fail(std::string("cannot check a password: ") + ::argon2_error_message(status));
}

/// A stored hash, taken apart.
struct stored_hash {
  argon2id_parameters costs;
  std::string salt;
  std::string hash;
};

std::optional<std::string> decode_unpadded(std::string_view text) {
  return decode_base64(std::string(text) + std::string((4 - text.size() % 4) % 4, '='));
}

result<stored_hash> parse_phc(std::string_view name, std::string_view phc, argon2id_limits const& limits) {
  auto const parts = split(phc, '$');
  if (parts.size() != 6 || !parts[0].empty() || parts[1] != name || parts[2] != "v=19") {
    return fail("the stored password hash is not an " + std::string(name) + " hash of version 19");
  }
  auto const costs = split(parts[3], ',');
  auto const memory = costs.size() == 3 ? parse_assignment(costs[0], 'm') : std::nullopt;
  auto const passes = costs.size() == 3 ? parse_assignment(costs[1], 't') : std::nullopt;
  auto const lanes = costs.size() == 3 ? parse_assignment(costs[2], 'p') : std::nullopt;
  if (!memory || !passes || !lanes) return fail("the stored argon2id hash has no usable m=, t= and p=");
  if (*memory > limits.memory_kib_max || *passes > limits.passes_max || *lanes > limits.lanes_max) {
    return fail("the stored argon2id hash costs more than is allowed");
  }
  auto salt = decode_unpadded(parts[4]);
  auto hash = decode_unpadded(parts[5]);
  if (!salt || !hash || hash->empty()) return fail("the stored argon2id hash is not base64");
  return stored_hash{{*memory, *passes, *lanes}, std::move(*salt), std::move(*hash)};
}

std::uint8_t* octets_of(std::string& text) { return reinterpret_cast<std::uint8_t*>(text.data()); }

/// Compares in constant time, as libargon2 does.
result<bool> verify(stored_hash stored, argon2_type type, secret const& password) {
  std::string computed(stored.hash.size(), '\0');
  // libargon2 changes the password only when a flag asks for it, and none does.
  std::string_view const typed = password.reveal();
  auto* const typed_octets = reinterpret_cast<std::uint8_t*>(const_cast<char*>(typed.data()));
  argon2_context with{.out = octets_of(computed),
                      .outlen = static_cast<std::uint32_t>(computed.size()),
                      .pwd = typed_octets,
                      .pwdlen = static_cast<std::uint32_t>(typed.size()),
                      .salt = octets_of(stored.salt),
                      .saltlen = static_cast<std::uint32_t>(stored.salt.size()),
                      .t_cost = stored.costs.passes,
                      .m_cost = stored.costs.memory_kib,
                      .lanes = stored.costs.lanes,
                      .threads = stored.costs.lanes,
                      .version = ARGON2_VERSION_13,
                      .allocate_cbk = allocate_argon2_memory,
                      .free_cbk = free_argon2_memory,
                      .flags = ARGON2_DEFAULT_FLAGS};
  return read_verdict(::argon2_verify_ctx(&with, stored.hash.data(), type));
}

}  // namespace

result<argon2id_parameters> parse_argon2id_parameters(std::string_view phc, argon2id_limits const& limits) {
  auto const stored = parse_phc("argon2id", phc, limits);
  if (!stored) return std::unexpected(stored.error());
  return stored->costs;
}

result<std::string> hash_argon2id(secret const& password, std::string_view salt,
                                  argon2id_parameters const& parameters) {
  std::string phc(::argon2_encodedlen(parameters.passes, parameters.memory_kib, parameters.lanes,
                                      static_cast<std::uint32_t>(salt.size()), hash_octets, ::Argon2_id),
                  '\0');
  int const status =
      ::argon2id_hash_encoded(parameters.passes, parameters.memory_kib, parameters.lanes, password.reveal().data(),
                              password.size(), salt.data(), salt.size(), hash_octets, phc.data(), phc.size());
  if (status != ARGON2_OK) return fail(std::string("cannot hash a password: ") + ::argon2_error_message(status));
  phc.resize(phc.find('\0'));  // the length that libargon2 states includes the NUL
  return phc;
}

result<bool> verify_argon2id(std::string_view phc, secret const& password, argon2id_limits const& limits) {
  auto stored = parse_phc("argon2id", phc, limits);
  if (!stored) return std::unexpected(stored.error());
  return verify(std::move(*stored), Argon2_id, password);
}

result<bool> verify_argon2i(std::string_view phc, secret const& password, argon2id_limits const& limits) {
  auto stored = parse_phc("argon2i", phc, limits);
  if (!stored) return std::unexpected(stored.error());
  return verify(std::move(*stored), Argon2_i, password);
}

}  // namespace postern::crypto
