#include "sasl/scram_verifier.hpp"

#include <array>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "sasl/saslprep.hpp"

namespace postern::sasl {
namespace {

/// In the order of crypto::hash_algorithm.
constexpr std::array<std::string_view, 3> names{"SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"};

result<scram_verifier> parse_parts(crypto::hash_algorithm algorithm, std::string_view count, std::string_view salt_text,
                                   std::string_view stored_text, std::string_view server_text) {
  auto const iterations = parse_unsigned(count);
  if (!iterations || *iterations < scram_iterations_min || *iterations > scram_iterations_max) {
    return fail("the iterations of a SCRAM verifier are not between 4096 and 65536");
  }
  auto salt = decode_base64(salt_text);
  auto stored_key = decode_base64(stored_text);
  auto server_key = decode_base64(server_text);
  auto const size = crypto::digest_size(algorithm);
  if (!salt || salt->empty()) return fail("the salt of a SCRAM verifier is not base64");
  if (!stored_key || stored_key->size() != size) return fail("the StoredKey of a SCRAM verifier has a wrong length");
  if (!server_key || server_key->size() != size) return fail("the ServerKey of a SCRAM verifier has a wrong length");
  return scram_verifier{static_cast<unsigned>(*iterations), std::move(*salt), std::move(*stored_key),
                        std::move(*server_key)};
}

}  // namespace

scram_verifier make_scram_verifier(crypto::hash_algorithm algorithm, secret const& password, std::string_view salt,
                                   unsigned iterations) {
  secret const salted = crypto::pbkdf2(algorithm, prepare_password(password), salt, iterations);
  secret const client_key(crypto::hmac(algorithm, salted.reveal(), "Client Key"));
  return {iterations, std::string(salt), crypto::digest(algorithm, client_key.reveal()),
          crypto::hmac(algorithm, salted.reveal(), "Server Key")};
}

std::string format_scram_verifier(scram_verifier const& verifier) {
  return fmt::format("{},{},{},{}", verifier.iterations, encode_base64(verifier.salt),
                     encode_base64(verifier.stored_key), encode_base64(verifier.server_key));
}

result<scram_verifier> parse_scram_verifier(crypto::hash_algorithm algorithm, std::string_view text) {
  auto const parts = split(text, ',');
  if (parts.size() != 4) return fail("a SCRAM verifier has four parts: iterations, salt, StoredKey, ServerKey");
  return parse_parts(algorithm, parts[0], parts[1], parts[2], parts[3]);
}

std::string format_auth_password(crypto::hash_algorithm algorithm, scram_verifier const& verifier) {
  return fmt::format("{}${}:{}${}:{}", scram_name(algorithm), verifier.iterations, encode_base64(verifier.salt),
                     encode_base64(verifier.stored_key), encode_base64(verifier.server_key));
}

result<auth_password> parse_auth_password(std::string_view text) {
  auto const parts = split(text, '$');
  if (parts.size() != 3) return fail("authPassword has three parts between dollar signs: scheme, salt, keys");
  auto const algorithm = find_scram_hash(trim(parts[0]));
  if (!algorithm) return fail("authPassword of the unknown scheme \"" + printable(trim(parts[0]), 32) + "\"");
  auto const salt = split(trim(parts[1]), ':');
  auto const keys = split(trim(parts[2]), ':');
  if (salt.size() != 2 || keys.size() != 2) return fail("authPassword needs ITERATIONS:SALT and STORED:SERVER");
  auto verifier = parse_parts(*algorithm, salt[0], salt[1], keys[0], keys[1]);
  if (!verifier) return std::unexpected(verifier.error());
  return auth_password{*algorithm, std::move(*verifier)};
}

std::string_view scram_name(crypto::hash_algorithm algorithm) { return names[static_cast<std::size_t>(algorithm)]; }

std::optional<crypto::hash_algorithm> find_scram_hash(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (iequals(names[i], name)) return static_cast<crypto::hash_algorithm>(i);
  }
  return std::nullopt;
}

}  // namespace postern::sasl
