#include "config/main_cf.hpp"

#include <cerrno>
#include <fstream>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::config {
namespace {

constexpr std::size_t quoted_octets_max = 80;  // of a bad line, in a message

std::string_view take_line(std::string_view& text) {
  auto end = text.find('\n');
  auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

}  // namespace

std::vector<logical_line> split_logical_lines(std::string_view text) {
  std::vector<logical_line> lines;
  for (unsigned number = 1; !text.empty(); ++number) {
    auto const line = take_line(text);
    auto const content = trim(line);
    if (content.empty() || content.front() == '#') continue;
    if (is_ascii_space(line.front()) && !lines.empty()) {
      lines.back().text.append(1, ' ').append(content);
      lines.back().lines.push_back(number);
    } else {
      lines.push_back({std::string(content), {number}, is_ascii_space(line.front())});
    }
  }
  return lines;
}

result<main_cf_entry> parse_entry(std::string_view line) {
  auto const equals = line.find('=');
  auto const name = trim(line.substr(0, equals));
  auto const quoted = printable(line, quoted_octets_max);
  if (name.empty()) return fail(fmt::format("missing attribute name: \"{}\"", quoted));
  if (equals == std::string_view::npos || name.find_first_of(" \t") != std::string_view::npos) {
    return fail(fmt::format("missing '=' after attribute name: \"{}\"", quoted));
  }
  auto const value = trim(line.substr(equals + 1));
  if (value.find('\0') != std::string_view::npos) return fail(fmt::format("a NUL octet in the value of {}", name));
  return main_cf_entry{std::string(name), std::string(value), 0};
}

main_cf parse_main_cf(std::string_view text, main_cf_limits const& limits) {
  main_cf out;
  if (text.size() > limits.file_octets) {
    out.errors.push_back({1, fmt::format("the file is larger than {} octets", limits.file_octets)});
    return out;
  }
  for (auto const& line : split_logical_lines(text)) {
    if (out.entries.size() == limits.entries) {
      out.errors.push_back({line.lines.front(), fmt::format("more than {} entries", limits.entries)});
      break;
    }
    if (line.indented) {
      out.errors.push_back({line.lines.front(), "the first entry of the file must not begin with white space"});
      continue;
    }
    auto entry = parse_entry(line.text);
    if (!entry) {
      out.errors.push_back({line.lines.front(), entry.error().text});
      continue;
    }
    entry->line = line.lines.front();
    out.entries.push_back(std::move(*entry));
  }
  return out;
}

result<std::string> read_config_file(std::string const& path, std::size_t octets_max) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail_errno("cannot open " + path, errno);
  std::string text;
  std::string block(std::size_t{64} << 10U, '\0');
  while (text.size() <= octets_max) {
    errno = 0;
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    text.append(block, 0, static_cast<std::size_t>(file.gcount()));
    if (file.bad()) return fail_errno("cannot read " + path, errno);
    if (file.eof()) return text;
  }
  return fail(fmt::format("{} is larger than {} octets", path, octets_max));
}

}  // namespace postern::config
