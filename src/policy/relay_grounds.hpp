#pragma once
// Purpose: whether the OK of an access table is a ground to relay. It is when it was found under something that the
//          client cannot choose, and when the table does not say the same of everybody.
// Security: [docs/adr/0010]. Everybody is played by addresses and names that nobody has.

#include <optional>
#include <string>

#include "policy/evaluation.hpp"

namespace postern::policy {

/// Where the key under which a table answered comes from.
enum class key_origin : std::uint8_t {
  claimed,      ///< said by the client: HELO name, sender, a name that nobody confirmed
  address,      ///< of the client
  name,         ///< of the client, confirmed
  recipient,    ///< names the destination
  certificate,  ///< its fingerprint
  login,
};

struct relay_grounds {
  std::optional<std::string> text;  ///< for the log; nothing: none
  bool pending = false;
};
relay_grounds find_relay_grounds(evaluation& run, maps::map_list const& table, table_answer const& found,
                                 key_origin origin, std::string_view restriction);

}  // namespace postern::policy
