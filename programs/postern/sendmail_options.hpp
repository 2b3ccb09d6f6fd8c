#pragma once
// Purpose: the command line of sendmail(1), as Postfix's takes it: options end at the first word that is none.
// Errors: a sentence for what cannot be done; the options that Postfix ignores are ignored.
// Source: sendmail(1).

#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace postern::cli {

struct sendmail_options {
  enum class work : std::uint8_t { submit, speak_smtp, list_queue, flush_queue, make_aliases } what = work::submit;
  std::string config_dir;             ///< -C; a main.cf in it is named too
  std::optional<std::string> sender;  ///< -f, -r
  std::optional<std::string> name;    ///< -F
  bool from_header = false;           ///< -t
  bool dot_ends = true;               ///< not -i, -oi
  bool eight_bit = false;             ///< -B 8BITMIME, -o8
  std::string notify;                 ///< -N, upper case
  std::string ret;                    ///< -R, upper case
  std::string envelope_id;            ///< -V
  std::string flush;                  ///< -qR, -qS, -qI: a site or a queue id; empty: all
  std::vector<std::string> words;     ///< recipients
  std::vector<std::string> warnings;  ///< what was not understood and is left out
};

struct sendmail_refusal {
  int status = 0;  ///< sysexits.h
  std::string text;
};

std::expected<sendmail_options, sendmail_refusal> parse_sendmail_options(std::vector<std::string> const& args);

}  // namespace postern::cli
