#pragma once
// Purpose: what `postmap` and `postalias` are asked to do: their options, their usage and how they speak.
// Source: postmap(1), postalias(1) of Postfix 3.7

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "maps/entry_source.hpp"

#include "programs/postern/message_keys.hpp"

namespace postern::cli::postmap {

inline constexpr int done = 0;
inline constexpr int failed = 1;

enum class on_duplicate : std::uint8_t { warn, replace, ignore };

struct request {
  std::string program;
  maps::entry_format format = maps::entry_format::postmap;
  std::string config_dir;
  std::optional<std::string> ask, remove;  ///< a key, or "-": standard input
  bool list = false;
  bool add = false;
  bool files = false;       ///< values are names of files
  bool exact = false;       ///< keys keep their case
  bool own = false;         ///< a new table is not given to the source's owner
  bool plain_mode = false;  ///< nor the source's mode
  bool want_utf8 = true;
  bool force_utf8 = false;
  message_key_options message;
  std::optional<bool> with_nul;
  on_duplicate duplicates = on_duplicate::warn;
  std::vector<std::string> tables;
  std::string host_name;
};

/// Takes the options. False: the usage is to be shown.
bool parse_request(std::vector<std::string> const& words, request& out);

/// What asks for more than one work, or for keys of a message from elsewhere than standard input; empty: all is well.
std::string_view find_contradiction(request const& what);

int fatal(request const& what, std::string_view text);
void warn(request const& what, std::string_view text);
int usage(request const& what);
int help(request const& what);

}  // namespace postern::cli::postmap
