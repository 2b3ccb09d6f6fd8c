#include "sasl/server_mechanism.hpp"

#include <cstdlib>

namespace postern::sasl {

server_action server_mechanism::on_scram_keys(std::span<scram_verifier const>) { std::abort(); }
server_action server_mechanism::on_shared_secret(shared_secret const*) { std::abort(); }
server_action server_mechanism::on_token(token_verdict const&) { std::abort(); }

}  // namespace postern::sasl
