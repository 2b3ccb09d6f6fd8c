#pragma once
// Purpose: the tables of header_checks and its kin, and what they say about one header field or one body line.
// Layout: a field is looked up whole, its lines joined by LF as they stand; a body line without its line end, empty
//         lines not at all.
// Errors: a table that could not be asked is `failed`; a value that means nothing is logged and left aside.
// Concurrency: never changes after load(); belongs to one thread.
// Source: header_checks(5).

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "maps/lookup.hpp"
#include "rewrite/check_action.hpp"
#include "rewrite/mime_walk.hpp"

namespace postern::rewrite {

struct check_table {
  std::string parameter;  ///< "mime_header_checks"
  maps::map_list tables;
};

struct check_answer {
  enum class state : std::uint8_t { nothing, found, wait, failed } is = state::nothing;
  check_action action;  ///< found
  std::string why;      ///< failed
};

class content_checks {
 public:
  /// Whose parameters: "" smtpd's, "smtp_" and "lmtp_" those of mail that leaves, "milter_" of what filters add.
  static result<content_checks> load(config::settings const& settings, std::string_view prefix);
  /// The names of all tables, for the sandbox.
  std::vector<std::string> names() const;

  bool any() const noexcept { return !header_.tables.empty() || sees_body(); }
  /// False: the body need not be walked.
  bool sees_body() const noexcept;
  walk_limits const& limits() const noexcept { return limits_; }
  /// Octets of each part that are looked at; 0: all.
  std::size_t body_size_limit() const noexcept { return body_size_limit_; }

  /// `field`: with line ends of either kind. Fields that speak of MIME have a table of their own, wherever they stand.
  check_answer ask_field(std::string_view field, section where, maps::answers& known) const;
  check_answer ask_line(std::string_view line, maps::answers& known) const;

 private:
  check_answer ask(check_table const& table, std::string const& text, check_place place, maps::answers& known) const;

  check_table header_;
  check_table mime_;
  check_table nested_;
  check_table body_;
  walk_limits limits_;
  std::size_t body_size_limit_ = 51'200;
  bool one_table_ = false;          ///< milter_: the same for all fields
  bool line_actions_only_ = false;  ///< smtp_: what concerns the whole message comes too late
};

/// "Name: a\n b" of "Name: a\r\n b\r\n".
std::string join_field(std::string_view field);
/// "Name: a\r\n\tb\r\n" of "Name: a\nb": every further line begins with white space.
std::string split_field(std::string_view text);

}  // namespace postern::rewrite
