#include "admin/secret_input.hpp"

#include <unistd.h>

#include <cerrno>

namespace postern::admin {

result<secret> read_secret_line() {
  std::string line;
  line.reserve(secret_line_octets_max);  // never moves, so that no copy is left behind
  for (;;) {
    char one = 0;
    auto got = ::read(STDIN_FILENO, &one, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("reading standard input", errno);
    if (got == 0 || one == '\n') break;
    if (line.size() == secret_line_octets_max) {
      wipe(line);
      return fail("the line on standard input is too long for a password");
    }
    line += one;
  }
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) return fail("standard input holds no password");
  return secret(std::move(line));
}

}  // namespace postern::admin
