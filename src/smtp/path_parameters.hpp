#pragma once
// Purpose: parses the ESMTP parameters behind the paths of MAIL and RCPT.
// Errors: the text of the reply to send, without CRLF; the envelope is then of no use.
// Source: RFC 1870 (SIZE), RFC 6152 (BODY), RFC 6531 (SMTPUTF8), RFC 4954 §5 (AUTH), RFC 3461 §4 (RET ENVID NOTIFY
//         ORCPT), Postfix (XVERP).

#include <expected>
#include <string>
#include <string_view>

#include "smtp/envelope.hpp"

namespace postern::smtp {

struct parameter_rules {
  bool smtputf8 = true;
  bool dsn = true;
  std::uint64_t size_limit = 0;  ///< octets, 0: none
};

/// `from.reverse_path` is set already: XVERP and SMTPUTF8 depend on it.
std::expected<void, std::string> parse_mail_parameters(std::string_view text, parameter_rules const& rules,
                                                       sender& from);
std::expected<void, std::string> parse_rcpt_parameters(std::string_view text, parameter_rules const& rules,
                                                       recipient& to);

}  // namespace postern::smtp
