#pragma once
// Purpose: what a table of header_checks or body_checks says is to be done, taken apart.
// Layout: WORD [text]; the word's case does not count. REPLACE and PREPEND of a header want "name: value"; `\n` in them
//         begins a new line of the field (ours, docs/headers.md).
// Errors: what cannot be carried out is a failure whose text is Postfix's warning; the line then stays as it is.
// Source: header_checks(5).

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern::rewrite {

enum class check_kind : std::uint8_t {
  dunno,
  bcc,
  discard,
  filter,
  hold,
  ignore,
  info,
  pass,
  prepend,
  redirect,
  reject,
  replace,
  strip,
  warn,
};

enum class check_place : std::uint8_t { header, body };

struct check_action {
  check_kind kind = check_kind::dunno;
  std::string text;    ///< what follows the word; lines parted by LF
  std::string status;  ///< reject: "5.7.1" or what the text began with
};

/// `parameter`: where the table is named, for the failure's text.
result<check_action> parse_check_action(std::string_view value, std::string_view parameter, check_place place);

/// "reject", "warning", …: the word Postfix's log line has.
std::string_view format_check_kind(check_kind kind);

}  // namespace postern::rewrite
