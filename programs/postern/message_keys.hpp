#pragma once
// Purpose: the lines of a mail message that header and body checks would look up, for `postmap -h` and `-b`.
// Limits: rewrite::walk_limits; parts nested deeper are body text.
// Source: postmap(1)

#include <string>
#include <string_view>
#include <vector>

namespace postern::cli {

struct message_key_options {
  bool headers = false;
  bool body = false;
  bool mime = false;  ///< headers of attachments and attached messages are headers, not body
};

/// A folded header is one key with its line ends in it.
std::vector<std::string> find_message_keys(std::string_view message, message_key_options const& options);

}  // namespace postern::cli
