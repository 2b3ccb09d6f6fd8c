#include "admin/dovecot_listener.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/text.hpp"
#include "os/directories.hpp"

namespace postern::admin {
namespace {

namespace fs = std::filesystem;

bool is_listener(std::string_view line, std::string_view socket) {
  std::vector<std::string_view> const words = split_any(trim(line), " \t{");
  return words.size() >= 2 && words[0] == "unix_listener" && words[1] == socket;
}

std::vector<std::string> list_files(std::string const& directory) {
  std::vector<std::string> out{directory + "/dovecot.conf"};
  std::error_code missing;
  for (auto const& one : fs::directory_iterator(directory + "/conf.d", missing)) {
    if (one.path().extension() == ".conf") out.push_back(one.path());
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace

unsigned find_unix_listener(std::string_view text, std::string_view socket) {
  unsigned number = 0;
  for (auto const line : split(text, '\n')) {
    ++number;
    if (is_listener(line, socket)) return number;
  }
  return 0;
}

std::optional<std::string> find_dovecot_listener(std::string const& directory, std::string_view socket) {
  for (auto const& path : list_files(directory)) {
    auto const file = os::open_to_read(path);
    auto const text = file ? os::read_whole(*file, config_octets_max) : std::unexpected(file.error());
    auto const line = text ? find_unix_listener(*text, socket) : 0;
    if (line != 0) return path + ":" + std::to_string(line);
  }
  return std::nullopt;
}

}  // namespace postern::admin
