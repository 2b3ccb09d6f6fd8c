#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/postconf.hpp"

namespace postern::config {
namespace {

using action = postconf_options::action;
using subject = postconf_options::subject;

constexpr std::size_t command_column = 7;

/// SERVICE/TYPE, SERVICE/TYPE/FIELD=VALUE, SERVICE/TYPE/NAME=VALUE
struct change {
  std::string text;  ///< as typed
  std::string service;
  std::string type;
  std::string part;
  std::string value;
  bool found = false;
};

result<change> parse_change(std::string const& operand, subject about, bool with_value) {
  if (operand.find_first_of("\r\n") != std::string::npos) return fail("-e, -X, or -# accepts no multi-line input");
  std::string_view pattern = operand;
  change out;
  out.text = operand;
  if (auto equals = pattern.find('='); with_value) {
    if (equals == std::string_view::npos) return fail(fmt::format("missing '=' in \"{}\"", printable(operand, 80)));
    out.value = trim(pattern.substr(equals + 1));
    pattern = trim(pattern.substr(0, equals));
  } else if (equals != std::string_view::npos) {
    return fail("-X and -# take names without values");
  }
  auto pieces = split(pattern, '/');
  std::size_t const wanted = about == subject::services ? 2 : 3;
  if (pieces.size() != wanted || std::ranges::any_of(pieces, &std::string_view::empty)) {
    return fail(fmt::format("\"{}\" is not of the form {}", printable(operand, 80),
                            wanted == 2 ? "service/type" : "service/type/name"));
  }
  out.service = pieces[0];
  out.type = pieces[1];
  if (wanted == 3) out.part = pieces[2];
  return out;
}

result<> check_words(std::vector<std::string> const& words, std::string const& text) {
  if (words.size() <= command_column) return fail(fmt::format("bad field count: \"{}\"", printable(text, 200)));
  return {};
}

result<> set_field(std::vector<std::string>& words, change const& wanted) {
  auto field = std::ranges::find(service_field_names, std::string_view(wanted.part));
  if (field == service_field_names.end()) {
    return fail(fmt::format("invalid service attribute name: \"{}\"", printable(wanted.part, 80)));
  }
  auto const column = static_cast<std::size_t>(field - service_field_names.begin());
  auto value = split_service_words(wanted.value);
  if (value.empty()) return fail(fmt::format("missing value in \"{}\"", printable(wanted.text, 80)));
  if (column == command_column) {
    words.resize(command_column);
    words.insert(words.end(), value.begin(), value.end());
  } else if (value.size() == 1) {
    words[column] = value.front();
  } else {
    return fail(fmt::format("the {} column takes one word", wanted.part));
  }
  return {};
}

std::string quote_pair(std::string const& name, std::string const& value) {
  auto pair = name + "=" + value;
  return pair.find_first_of(" \t") == std::string::npos ? pair : "{" + pair + "}";
}

/// Sets or removes one -o of an entry.
void set_parameter(std::vector<std::string>& words, change const& wanted, bool remove) {
  auto options = parse_service_options(words);
  auto same = [&](service_option const& option) { return option.is_override && option.name == wanted.part; };
  if (remove) {
    std::erase_if(options, same);
  } else if (auto found = std::ranges::find_if(options, same); found != options.end()) {
    found->text = wanted.value;
  } else {
    // In front of the first argument that is no option: behind it the program would not read it as one.
    auto plain = std::ranges::find_if(
        options, [](service_option const& option) { return !option.is_override && !option.text.starts_with('-'); });
    options.insert(plain, service_option{true, wanted.part, wanted.value});
  }
  words.resize(command_column + 1);
  for (auto const& option : options) {
    if (option.is_override) words.emplace_back("-o");
    words.push_back(option.is_override ? quote_pair(option.name, option.text) : option.text);
  }
}

/// One logical line of the file and what becomes of it.
struct entry {
  logical_line line;
  std::vector<std::string> words;
  enum class fate { keep, rewrite, comment_out, remove } what = fate::keep;
};

result<> apply_change(entry& target, change const& wanted, postconf_options const& options) {
  using fate = entry::fate;
  if (options.what == action::comment_out) {
    target.what = fate::comment_out;
    return {};
  }
  if (options.about == subject::services && options.what == action::remove) {
    target.what = fate::remove;
    return {};
  }
  target.what = fate::rewrite;
  if (options.about == subject::services) {
    target.words = split_service_words(wanted.value);
    return check_words(target.words, wanted.text);
  }
  if (options.about == subject::fields) return set_field(target.words, wanted);
  set_parameter(target.words, wanted, options.what == action::remove);
  return {};
}

std::string format_file(std::string_view text, std::vector<entry> const& entries) {
  auto lines = split(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  std::vector<std::optional<std::string>> out(lines.begin(), lines.end());
  for (auto const& one : entries) {
    for (unsigned const number : one.line.lines) {
      auto& slot = out[number - 1];
      if (one.what == entry::fate::comment_out) {
        slot = "#" + *slot;
      } else if (one.what != entry::fate::keep) {
        slot.reset();
      }
    }
    if (one.what != entry::fate::rewrite) continue;
    // Behind the comments that stand between its lines, as postconf does it.
    auto formatted = format_service(one.words, true);
    formatted.pop_back();
    out[one.line.lines.back() - 1] = std::move(formatted);
  }
  std::string joined;
  for (auto const& line : out) {
    if (line) joined.append(*line).append("\n");
  }
  return joined;
}

}  // namespace

std::vector<std::string> split_service_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  unsigned level = 0;
  for (char c : line) {
    if (level == 0 && is_ascii_space(c)) {
      if (!word.empty()) words.push_back(std::exchange(word, {}));
      continue;
    }
    if (c == '{') ++level;
    if (c == '}' && level > 0) --level;
    word += c;
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

result<std::string> edit_master_cf(std::string_view text, postconf_options const& options, std::string& warnings) {
  bool const with_value = options.what == action::edit;
  if (options.operands.empty()) return fail("-e, -X and -# require an argument");
  if (options.what == action::comment_out && options.about != subject::services) return fail("-# goes with -M only");
  std::vector<entry> entries;
  for (auto& line : split_logical_lines(text)) {
    auto words = split_service_words(line.text);
    if (auto done = check_words(words, line.text); !done) return std::unexpected(done.error());
    entries.push_back({std::move(line), std::move(words)});
  }
  std::string added;
  for (auto const& operand : options.operands) {
    auto wanted = parse_change(operand, options.about, with_value);
    if (!wanted) return std::unexpected(wanted.error());
    for (auto& one : entries) {
      if (!matches_service(one.words, wanted->service, wanted->type)) continue;
      wanted->found = true;
      if (auto done = apply_change(one, *wanted, options); !done) return std::unexpected(done.error());
    }
    if (wanted->found) continue;
    if (options.about == subject::services && with_value) {
      auto words = split_service_words(wanted->value);
      if (auto done = check_words(words, operand); !done) return std::unexpected(done.error());
      added += format_service(words, true);
    } else if (options.about != subject::services) {
      warnings += fmt::format("postconf: warning: unmatched service_name/type: \"{}\"\n", printable(operand, 200));
    }
  }
  return format_file(text, entries) + added;
}

}  // namespace postern::config
