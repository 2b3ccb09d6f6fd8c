#pragma once
// Purpose: what little IMAP the rimap backend speaks: the LOGIN command and lines of the server, as values.
// Layout: a command is sent in pieces; behind each piece but the last stands a literal's length, and the server's '+'
//         is waited for. [RFC 9051 §4.3]
// Errors: a string with NUL cannot be said at all; a line that is none of IMAP's is `other`.
// Security: a quoted string holds only octets that need no thought (7 bit, no CR, LF); all else goes as a literal.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"

namespace postern::auth {

/// Empty: user or password holds NUL.
std::optional<std::vector<secret>> format_imap_login(std::string_view tag, std::string_view user,
                                                     secret const& password);

struct imap_line {
  enum class kind {
    continuation,  ///< "+ …"
    untagged,      ///< "* …", with the words below where they stand
    tagged,        ///< with our tag
    other,
  } what = kind::other;
  enum class condition { none, ok, no, bad, bye, preauth } status = condition::none;
  std::string code;  ///< of "[CODE …]", in upper case, without the rest
  std::string text;  ///< what stands behind tag and condition, for the log

  /// The line names this capability, in a response code or in an untagged CAPABILITY.
  bool offers(std::string_view capability) const;
};

/// `line` without its line end.
imap_line parse_imap_line(std::string_view line, std::string_view tag);

}  // namespace postern::auth
