#include "os/passwd_file.hpp"

#include <cerrno>
#include <fstream>

#include "base/text.hpp"

namespace postern::os {

result<bool> passwd_file_has_user(std::string_view name, std::string const& path) {
  if (name.contains(':')) return false;  // would match across the fields of a line
  std::ifstream file(path);
  if (!file) return fail_errno("cannot read " + path, errno);
  std::string line;
  while (std::getline(file, line)) {
    if (line.size() > name.size() && line[name.size()] == ':' && std::string_view(line).starts_with(name)) return true;
  }
  return false;
}

result<std::optional<std::string>> find_passwd_file_user(uid_t user, std::string const& path) {
  std::ifstream file(path);
  if (!file) return fail_errno("cannot read " + path, errno);
  std::string line;
  while (std::getline(file, line)) {
    // name:password:number:…
    auto const fields = split(line, ':');
    if (fields.size() > 2 && parse_unsigned(fields[2]) == user) return std::string(fields[0]);
  }
  return std::nullopt;
}

}  // namespace postern::os
