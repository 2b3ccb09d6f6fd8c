#include "auth/backend/saslauthd_conf.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <mutex>
#include <set>

#include <fmt/ranges.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "os/directories.hpp"

namespace postern::auth {
namespace {

constexpr std::size_t file_octets_max = 1 << 20;
constexpr std::array<std::string_view, 3> prefixes = {"ldap_", "krb5_", "httpform_"};

bool is_key_octet(char c) { return is_ascii_alnum(c) || c == '-' || c == '_'; }

std::string_view skip_space(std::string_view text) {
  while (!text.empty() && is_ascii_space(text.front())) text.remove_prefix(1);
  return text;
}

}  // namespace

std::string saslauthd_conf::at(line const& where) const { return fmt::format("{}:{}: ", name_, where.number); }

result<> saslauthd_conf::add(std::string_view text, unsigned number) {
  auto const here = fmt::format("{}:{}: ", name_, number);
  if (text.size() > saslauthd_conf_line_max) {
    return fail(fmt::format("{}the line is longer than {} octets", here, saslauthd_conf_line_max));
  }
  if (text.find('\0') != std::string_view::npos) return fail(here + "the line holds a NUL octet: remove it");
  text = skip_space(text);
  if (text.empty() || text.front() == '#') return {};
  auto const end = std::ranges::find_if_not(text, is_key_octet);
  auto key = lowercase(std::string_view(text.begin(), end));
  if (key.empty())
    return fail(here + "the line does not begin with a key: write \"key: value\", or # before a comment");
  if (end == text.end() || *end != ':') {
    return fail(fmt::format("{}there is no colon behind {}: write \"{}: value\"", here, key, key));
  }
  auto const value = skip_space(std::string_view(end + 1, text.end()));
  if (value.empty()) {
    return fail(fmt::format("{}{} has no value: give one, or put # before the line to get the default", here, key));
  }
  if (is_ascii_space(value.back())) {
    warnings_.push_back(fmt::format("{}the value of {} ends with white space, which belongs to it", here, key));
  }
  if (auto const before = lines_.find(key); before != lines_.end()) {
    warnings_.push_back(fmt::format("{}{} stands in line {} too; this line counts", here, key, before->second.number));
  }
  lines_.insert_or_assign(std::move(key), line{number, secret(value)});
  return {};
}

result<saslauthd_conf> saslauthd_conf::parse(std::string_view text, std::string named) {
  saslauthd_conf conf;
  conf.name_ = std::move(named);
  unsigned number = 0;
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    if (auto const added = conf.add(text.substr(0, end), ++number); !added) return std::unexpected(added.error());
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return conf;
}

result<saslauthd_conf> saslauthd_conf::load(std::string const& path) {
  auto const file = os::open_to_read(path);
  if (!file) {
    auto const* const remedy = file.error().system_error == ENOENT ? "; write it, or name another with -O" : "";
    return std::unexpected(failure{file.error().text + remedy, file.error().system_error});
  }
  auto text = os::read_whole(*file, file_octets_max);
  if (!text) return fail(fmt::format("cannot read {}: {}", path, text.error().text));
  secret const content(std::move(*text));
  return parse(content.reveal(), path);
}

saslauthd_conf::line const* saslauthd_conf::find(std::string_view key) const {
  auto const found = lines_.find(key);
  return found == lines_.end() ? nullptr : &found->second;
}

namespace conf_values {

result<bool> parse_flag(saslauthd_conf const& conf, std::string_view key, saslauthd_conf::line const& line) {
  // The original looks at the first letter, and at the second one of "on" and "off".
  auto const word = lowercase(trim(line.value.reveal()));
  if (word.starts_with('1') || word.starts_with('y') || word.starts_with('t') || word.starts_with("on")) return true;
  if (word.starts_with('0') || word.starts_with('n') || word.starts_with('f') || word.starts_with("of")) return false;
  return fail(fmt::format("{}{} is neither yes nor no: write one of them", conf.at(line), key));
}

result<int> parse_number(saslauthd_conf const& conf, std::string_view key, saslauthd_conf::line const& line, int min,
                         int max, std::span<std::string_view const> choices) {
  auto const word = trim(line.value.reveal());
  if (!choices.empty()) {
    auto const found = std::ranges::find_if(choices, [&](auto choice) { return iequals(choice, word); });
    if (found != choices.end()) return static_cast<int>(found - choices.begin());
    return fail(fmt::format("{}{} must be one of {}", conf.at(line), key, fmt::join(choices, ", ")));
  }
  int value = 0;
  auto const [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error == std::errc() && end == word.data() + word.size() && value >= min && value <= max) return value;
  return fail(fmt::format("{}{} must be a number from {} to {}", conf.at(line), key, min, max));
}

}  // namespace conf_values

std::vector<std::string> find_unknown_keys(saslauthd_conf const& conf, std::string_view prefix,
                                           bool (*known)(std::string_view key)) {
  std::vector<std::string> sentences;
  for (auto const& [key, line] : conf.lines()) {
    bool const ours = key.starts_with(prefix);
    bool const anybodys = std::ranges::any_of(prefixes, [&](auto other) { return key.starts_with(other); });
    if ((ours && known(key)) || (!ours && anybodys)) continue;
    sentences.push_back(fmt::format("{}there is no key {}: the line is ignored", conf.at(line), key));
  }
  return sentences;
}

void warn_once(std::span<std::string const> sentences) {
  static std::mutex mutex;
  static std::set<std::string, std::less<>> said;
  std::scoped_lock const lock(mutex);
  for (auto const& sentence : sentences) {
    if (said.insert(sentence).second) log::warning("{}", sentence);
  }
}

}  // namespace postern::auth
