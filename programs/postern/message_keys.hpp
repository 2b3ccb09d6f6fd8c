#pragma once
// Purpose: the lines of a mail message that header and body checks would look up, for `postmap -h` and `-b`.
// Limits: multipart entities nest mime_depth_max deep; deeper ones are body text.
// Source: postmap(1); [RFC 5322 §2.2] headers, [RFC 2046 §5.1] multipart, [RFC 2046 §5.2.1] message/rfc822.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::cli {

inline constexpr std::size_t mime_depth_max = 100;

struct message_key_options {
  bool headers = false;
  bool body = false;
  bool mime = false;  ///< headers of attachments and attached messages are headers, not body
};

/// A folded header is one key with its line ends in it.
std::vector<std::string> find_message_keys(std::string_view message, message_key_options const& options);

}  // namespace postern::cli
