#include "receive/peer.hpp"

#include "os/random.hpp"

namespace postern::receive {

std::string make_session_id() {
  // 32 characters that cannot be taken for each other, 5 bits each.
  static constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  std::string id;
  for (unsigned char octet : os::random_octets(12)) id += alphabet[octet & 31];
  return id;
}

}  // namespace postern::receive
