#include "sasl/scram_verifier.hpp"

#include <fmt/format.h>

#include "base/base64.hpp"
#include "base/text.hpp"

namespace postern::sasl {

scram_verifier make_scram_verifier(crypto::hash_algorithm algorithm, secret const& password, std::string_view salt,
                                   unsigned iterations) {
  secret const salted = crypto::pbkdf2(algorithm, password, salt, iterations);
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
  auto const iterations = parse_unsigned(parts[0]);
  if (!iterations || *iterations < scram_iterations_min || *iterations > scram_iterations_max) {
    return fail("the iterations of a SCRAM verifier are not between 4096 and 65536");
  }
  auto salt = decode_base64(parts[1]);
  auto stored_key = decode_base64(parts[2]);
  auto server_key = decode_base64(parts[3]);
  auto const size = crypto::digest_size(algorithm);
  if (!salt || salt->empty()) return fail("the salt of a SCRAM verifier is not base64");
  if (!stored_key || stored_key->size() != size) return fail("the StoredKey of a SCRAM verifier has a wrong length");
  if (!server_key || server_key->size() != size) return fail("the ServerKey of a SCRAM verifier has a wrong length");
  return scram_verifier{static_cast<unsigned>(*iterations), std::move(*salt), std::move(*stored_key),
                        std::move(*server_key)};
}

}  // namespace postern::sasl
