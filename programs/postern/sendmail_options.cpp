#include "programs/postern/sendmail_options.hpp"

#include <sysexits.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"

#include "programs/postern/short_options.hpp"

namespace postern::cli {
namespace {

using work = sendmail_options::work;
using refusal = std::optional<sendmail_refusal>;

/// As getopt(3); '+': the first word that is no option ends them.
constexpr char known[] = "+A:B:C:F:GIL:N:O:R:UV:X:b:ce:f:h:imno:p:r:q::tvx";

// Daemons and reports are other commands here, or nobody's.
refusal choose_mode(sendmail_options& into, std::string_view mode) {
  struct row {
    char letter;
    work what;
  };
  constexpr std::array rows{row{'m', work::submit}, row{'s', work::speak_smtp}, row{'p', work::list_queue},
                            row{'i', work::make_aliases}};
  auto const* found = std::ranges::find(rows, mode.empty() ? '?' : mode.front(), &row::letter);
  if (found != rows.end()) {
    into.what = found->what;
    return std::nullopt;
  }
  if (mode == "v") {
    return sendmail_refusal{EX_UNAVAILABLE, "-bv is not supported: no delivery reports are made without a message"};
  }
  if (mode == "d" || mode == "l") {
    return sendmail_refusal{EX_UNAVAILABLE,
                            fmt::format("-b{} is not supported: the server is started by postern start", mode)};
  }
  return sendmail_refusal{EX_USAGE, fmt::format("unsupported: -b{}", mode)};
}

void take_notify(sendmail_options& into, std::string const& value) {
  auto const words = split_any(value, ", ");
  bool good = !words.empty();
  for (auto const word : words) {
    bool const alone = iequals(word, "never") && words.size() == 1;
    good = good && (alone || iequals(word, "success") || iequals(word, "failure") || iequals(word, "delay"));
  }
  if (!good) return into.warnings.push_back("bad -N option value -- ignored");
  into.notify.clear();
  for (auto const word : words) into.notify += (into.notify.empty() ? "" : ",") + uppercase(word);
}

void take_return(sendmail_options& into, std::string const& value) {
  auto const word = uppercase(value);
  if (word != "FULL" && word != "HDRS") return into.warnings.push_back("bad -R option value -- ignored");
  into.ret = word;
}

// -q, -qR…, -qS…, -qI…; an interval is for a daemon.
refusal take_queue_run(sendmail_options& into, std::string const& value) {
  into.what = work::flush_queue;
  if (value.empty()) return std::nullopt;
  if (value.size() > 1 && std::string_view("RSI").contains(value.front())) {
    into.flush = value.substr(1);
    return std::nullopt;
  }
  return sendmail_refusal{EX_USAGE, "-q with an interval is not supported: see queue_run_delay"};
}

void take_old_option(sendmail_options& into, std::string_view value) {
  if (value == "i") into.dot_ends = false;
  if (value == "7") into.eight_bit = false;
  if (value == "8") into.eight_bit = true;
}

refusal take(sendmail_options& into, short_options::option const& one) {
  switch (one.letter) {
    case 'B':
      into.eight_bit = iequals(one.value, "8BITMIME");
      return std::nullopt;
    case 'C':
      into.config_dir = one.value;
      return std::nullopt;
    case 'F':
      into.name = one.value;
      return std::nullopt;
    case 'I':
      into.what = work::make_aliases;
      return std::nullopt;
    case 'N':
      take_notify(into, one.value);
      return std::nullopt;
    case 'R':
      take_return(into, one.value);
      return std::nullopt;
    case 'V':
      into.envelope_id = one.value;
      return std::nullopt;
    case 'b':
      return choose_mode(into, one.value);
    case 'f':
    case 'r':
      into.sender = one.value;
      return std::nullopt;
    case 'i':
      into.dot_ends = false;
      return std::nullopt;
    case 'n':
      return sendmail_refusal{EX_USAGE, "-n option not supported"};
    case 'o':
      take_old_option(into, one.value);
      return std::nullopt;
    case 'q':
      return take_queue_run(into, one.value);
    case 't':
      into.from_header = true;
      return std::nullopt;
    case '?':
      return sendmail_refusal{EX_USAGE, "usage: sendmail [options]"};
    default:
      return std::nullopt;
  }
}

}  // namespace

std::expected<sendmail_options, sendmail_refusal> parse_sendmail_options(std::vector<std::string> const& args) {
  sendmail_options out;
  short_options options("sendmail", args, known);
  while (auto const one = options.next()) {
    if (auto no = take(out, *one)) return std::unexpected(std::move(*no));
  }
  out.words = options.rest();
  if (auto const name = out.config_dir.rfind("/main.cf");
      name != std::string::npos && out.config_dir.ends_with("/main.cf")) {
    out.config_dir.erase(name);
  }
  return out;
}

}  // namespace postern::cli
