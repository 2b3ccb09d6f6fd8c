#pragma once
// Purpose: the envelope as MAIL and RCPT give it.
// Layout: addresses are in the form of message/address.hpp; ENVID and ORCPT stay as received (checked xtext), since
//         they travel on as they came. [RFC 5321 §2.3.1, RFC 3461]

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "message/dsn.hpp"

namespace postern::smtp {

enum class body_kind : std::uint8_t { seven_bit, eight_bit_mime };
enum class dsn_return : std::uint8_t { unset, full, headers };

struct sender {
  std::string reverse_path;  ///< "" is the null reverse-path
  bool smtputf8 = false;
  bool body_given = false;
  body_kind body = body_kind::seven_bit;
  std::optional<std::uint64_t> size;   ///< SIZE=, octets
  dsn_return ret = dsn_return::unset;  ///< RET=
  std::string envelope_id;             ///< ENVID=, xtext
  std::string auth;                    ///< AUTH=, xtext; "<>" for nobody in particular [RFC 4954 §5]
  bool verp = false;                   ///< XVERP
  std::string verp_delimiters;         ///< two characters; empty: the default ones
};

struct recipient {
  std::string forward_path;
  std::string original;     ///< ORCPT=, "rfc822;xtext"
  std::uint8_t notify = 0;  ///< bits of message::notify_on
};

struct transaction {
  sender from;
  std::vector<recipient> recipients;  ///< the accepted ones
};

}  // namespace postern::smtp
