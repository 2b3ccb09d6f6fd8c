#include "crypto/argon2id.hpp"

#include <argon2.h>

#include <optional>

#include "base/text.hpp"

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

}  // namespace

result<argon2id_parameters> parse_argon2id_parameters(std::string_view phc, argon2id_limits const& limits) {
  auto const parts = split(phc, '$');
  if (parts.size() != 6 || !parts[0].empty() || parts[1] != "argon2id" || parts[2] != "v=19") {
    return fail("the stored password hash is not an argon2id hash of version 19");
  }
  auto const costs = split(parts[3], ',');
  auto const memory = costs.size() == 3 ? parse_assignment(costs[0], 'm') : std::nullopt;
  auto const passes = costs.size() == 3 ? parse_assignment(costs[1], 't') : std::nullopt;
  auto const lanes = costs.size() == 3 ? parse_assignment(costs[2], 'p') : std::nullopt;
  if (!memory || !passes || !lanes) return fail("the stored argon2id hash has no usable m=, t= and p=");
  if (*memory > limits.memory_kib_max || *passes > limits.passes_max || *lanes > limits.lanes_max) {
    return fail("the stored argon2id hash costs more than is allowed");
  }
  return argon2id_parameters{*memory, *passes, *lanes};
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
  if (auto const costs = parse_argon2id_parameters(phc, limits); !costs) return std::unexpected(costs.error());
  return read_verdict(::argon2id_verify(std::string(phc).c_str(), password.reveal().data(), password.size()));
}

result<bool> verify_argon2i(std::string_view phc, secret const& password, argon2id_limits const& limits) {
  constexpr std::string_view prefix = "$argon2i$";
  if (!phc.starts_with(prefix)) return fail("the stored password hash is not an argon2i hash");
  auto const as_id = "$argon2id$" + std::string(phc.substr(prefix.size()));  // but for the name, one grammar
  if (auto const costs = parse_argon2id_parameters(as_id, limits); !costs) return std::unexpected(costs.error());
  return read_verdict(::argon2i_verify(std::string(phc).c_str(), password.reveal().data(), password.size()));
}

}  // namespace postern::crypto
