#include "auth/cyrus/sasl_conf.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "base/text.hpp"
#include "os/directories.hpp"

namespace postern::auth::cyrus {
namespace {

constexpr std::size_t file_octets_max = 1U << 20U;
constexpr std::size_t line_octets_max = 4095;

bool is_key_octet(char c) { return is_ascii_alnum(c) || c == '_' || c == '-'; }

/// Empty optional: a comment or a blank line.
result<std::optional<sasl_conf::entry>> parse_line(std::string_view line) {
  if (line.size() > line_octets_max) return fail("the line is longer than libsasl reads (4095 octets)");
  auto const rest = trim(line);
  if (rest.empty() || rest.starts_with('#')) return std::nullopt;
  auto const end = std::ranges::find_if_not(rest, is_key_octet) - rest.begin();
  auto const key = rest.substr(0, static_cast<std::size_t>(end));
  auto const behind = rest.substr(key.size());
  if (key.empty() || !behind.starts_with(':')) {
    return fail("this is not \"name: value\": a colon belongs right behind the name");
  }
  auto const value = trim(behind.substr(1));
  if (value.empty()) return fail(std::string(key) + " has no value; remove the line or put a # in front of it");
  return sasl_conf::entry{lowercase(key), std::string(value), 0};
}

result<secret> read_file(std::string const& path) {
  auto const file = os::open_to_read(path);
  if (!file) return std::unexpected(file.error());
  auto content = os::read_whole(*file, file_octets_max);
  if (!content) return fail(path + ": " + content.error().text);
  return secret(std::move(*content));
}

}  // namespace

sasl_conf::entry const* sasl_conf::find(std::string_view key) const {
  auto const at = std::ranges::find(entries_, key, &entry::key);
  return at == entries_.end() ? nullptr : &*at;
}

std::string sasl_conf::text(std::string_view key, std::string_view otherwise) const {
  auto const* const found = find(key);
  return found != nullptr ? found->value : std::string(otherwise);
}

std::vector<std::string> sasl_conf::words(std::string_view key) const {
  std::vector<std::string> out;
  if (auto const* const found = find(key)) {
    for (auto const word : split_any(found->value, " \t,")) out.emplace_back(word);
  }
  return out;
}

std::string sasl_conf::where(std::string_view key) const {
  auto const* const found = find(key);
  return found != nullptr ? fmt::format("{}:{}", path_, found->line) : path_;
}

result<sasl_conf> parse_sasl_conf(std::string_view text, std::string path) {
  std::vector<sasl_conf::entry> entries;
  unsigned number = 0;
  for (auto const line : split(text, '\n')) {
    ++number;
    auto entry = parse_line(line);
    if (!entry) return fail(fmt::format("{}:{}: {}", path, number, entry.error().text));
    if (!*entry) continue;
    (*entry)->line = number;
    entries.push_back(std::move(**entry));
  }
  return sasl_conf(std::move(path), std::move(entries));
}

result<std::optional<sasl_conf>> load_sasl_conf(std::vector<std::string> const& directories, std::string_view name,
                                                file_reader const& read) {
  for (auto const& directory : directories) {
    auto const path = fmt::format("{}/{}.conf", directory, name);
    if (::access(path.c_str(), F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR)) continue;
    auto const content = read ? read(path) : read_file(path);
    if (!content) return std::unexpected(content.error());
    auto parsed = parse_sasl_conf(content->reveal(), path);
    if (!parsed) return std::unexpected(parsed.error());
    return std::move(*parsed);
  }
  return std::nullopt;
}

}  // namespace postern::auth::cyrus
