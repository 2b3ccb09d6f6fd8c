#pragma once
// Purpose: SASLprep: one spelling for names and passwords that people type in different ways (NFKC, odd blanks,
//          invisible characters). [RFC 4013], [RFC 3454]
// Errors: saslprep_error says which rule the text breaks; format_saslprep_error() says it in words.
// Concurrency: any thread; ICU's tables are opened at the first text that is not ASCII.
// Security: case is never folded. Working copies are wiped: the text may be a password.
// Source: ICU's profile of Unicode 3.2; text newer than that (emoji) is unassigned there.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace postern::sasl {

enum class saslprep_error : std::uint8_t {
  not_utf8,
  prohibited,     ///< controls, private use, surrogates, … [RFC 4013 §2.3]
  unassigned,     ///< stored strings only [RFC 4013 §2.5]
  bidirectional,  ///< right-to-left and left-to-right mixed [RFC 4013 §2.4]
};
/// "has a character that SASLprep prohibits", …
std::string_view format_saslprep_error(saslprep_error error);

enum class saslprep_use : std::uint8_t {
  stored,  ///< what goes into a database
  query,   ///< what is looked up there: unassigned code points pass
};

std::expected<std::string, saslprep_error> saslprep(std::string_view text, saslprep_use use);

/// The password as it goes into a hash, at storing and at checking alike: prepared where it can be, else its octets as
/// they are, which is what clients do with passwords that SASLprep refuses.
secret prepare_password(secret const& password);

}  // namespace postern::sasl
