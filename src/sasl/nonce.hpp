#pragma once
// Purpose: nonces in a form that SCRAM takes bare and DIGEST-MD5 between quotes.

#include <string>
#include <string_view>

namespace postern::sasl {

/// Octets that may stand in a nonce stay as they are (so the examples of the RFCs can be replayed), others become
/// letters and digits: at least five bits an octet are left.
std::string format_nonce(std::string_view random_octets);

}  // namespace postern::sasl
