#include <cstdlib>

#include "anvil/login_line.hpp"
#include "base/ip.hpp"

using postern::anvil::parse_login_line;

namespace {

/// Takes the place of a client's own words in a line that is none of a login.
void check_that_words_open_nothing(std::string_view words) {
  if (words.find('\n') != std::string_view::npos) return;
  auto const failed = "Nov 22 02:40:00 mail dovecot: imap-login: Disconnected (auth failed): user=<" +
                      std::string(words) + ">, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1";
  if (parse_login_line(failed)) std::abort();
}

}  // namespace

// A login has a name and an address that is written as we write it; the end of the line changes nothing; whoever could
// not log in opens nothing, whatever he calls himself.
extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  std::string_view const line(reinterpret_cast<char const*>(data), size);
  auto const login = parse_login_line(line);
  auto const ended = parse_login_line(std::string(line) + "\r\n");
  if (login.has_value() != ended.has_value()) std::abort();
  check_that_words_open_nothing(line);
  if (!login) return 0;
  auto const address = postern::ip_address::parse(login->address);
  if (login->account.empty() || !address || address->text() != login->address) std::abort();
  if (login->account != ended->account || login->address != ended->address) std::abort();
  if (line.find(login->account) == std::string_view::npos) std::abort();
  return 0;
}
