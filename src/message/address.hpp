#pragma once
// Purpose: envelope addresses as the rest of Postern passes them around.
// Layout: an address is text in the form that goes on the wire between < and >: "local-part@domain", the local-part
//         quoted only where it must be; "" is the null reverse-path; a bare "local-part" (a local user) may lack the
//         domain.
// Security: a domain that passed is_valid_domain has no octet that could end a header line, a path or a table key.
// Source: RFC 5321 §4.1.2, §4.5.3.1; RFC 6531 §3.3.

#include <optional>
#include <string>
#include <string_view>

namespace postern::message {

struct address_parts {
  std::string local_part;  ///< without quotes and backslashes: the name itself
  std::string domain;      ///< lower case (ASCII); "[192.0.2.1]" for an address literal; empty when there is none
};

/// Splits at the last '@' outside quotes. Never fails: text without '@' is a local-part.
address_parts split_address(std::string_view address);

/// The domain part as it stands, a view into `address`; empty when there is none.
std::string_view domain_of(std::string_view address);

/// The wire form: quotes and backslashes only where the local-part is no dot-string. [RFC 5321 §4.1.2]
std::string format_address(std::string_view local_part, std::string_view domain);
std::string quote_local_part(std::string_view local_part);

enum class domain_form { host, with_utf8 };

/// Labels of letters, digits, '-' and '_' (the last because Postfix's users have such names), 1 to 63 octets each, 253
/// in all; with_utf8 also admits octets above 127 (well-formedness is checked where the line came in).
bool is_valid_domain(std::string_view domain, domain_form form = domain_form::host);

/// "[192.0.2.1]" or "[IPv6:2001:db8::1]". [RFC 5321 §4.1.3]
bool is_valid_address_literal(std::string_view domain);

/// Well-formed UTF-8 without overlong forms and surrogates. [RFC 3629 §4]
bool is_valid_utf8(std::string_view text);

/// True when no octet is above 127.
bool is_ascii(std::string_view text);

}  // namespace postern::message
