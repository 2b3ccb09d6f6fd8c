#include "os/passwd_file.hpp"

#include <cerrno>
#include <fstream>

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

}  // namespace postern::os
