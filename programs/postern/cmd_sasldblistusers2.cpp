// sasldblistusers2: lists the users of a sasldb2 and what is stored of each, as Cyrus SASL's program does.
#include <cstdio>

#include <fmt/format.h>

#include "auth/sasldb/administration.hpp"
#include "base/text.hpp"

#include "programs/postern/commands.hpp"
#include "programs/postern/short_options.hpp"

namespace postern::cli {
namespace {

using namespace auth;

constexpr int done = 0;
constexpr int failed = 1;
constexpr std::size_t shown_octets_max = 4096;

int usage() {
  fmt::print(stderr,
             "sasldblistusers2: usage: sasldblistusers2 [-v] [[-f] sasldb]\n"
             "\t-f sasldb\tthe file, instead of /etc/sasldb2\n"
             "\t-v\t\tshow the version\n");
  return failed;
}

int say(std::string_view text) {
  fmt::print(stderr, "listusers failed\nsasldblistusers2: {}\n", text);
  return failed;
}

}  // namespace

int cmd_sasldblistusers2(command_line const& line) {
  std::string path;
  short_options options("sasldblistusers2", line.args, "vf:");
  while (auto const one = options.next()) {
    if (one->letter == 'v') return print_sasl_version("sasldblistusers2");
    if (one->letter != 'f') return usage();
    path = one->value;
  }
  if (options.rest().size() + (path.empty() ? 0 : 1) > 1) return usage();
  if (!options.rest().empty()) path = options.rest()[0];
  if (path.empty()) {
    auto const how = sasldb::load_administration_options("sasldblistusers");
    if (!how) return say(how.error().text);
    path = how->path;
  }
  auto const keys = sasldb::list_properties(path);
  if (!keys) return say(keys.error().text);
  for (auto const& [user, realm, property] : *keys) {
    fmt::print("{}\n", printable(fmt::format("{}@{}: {}", user, realm, property), shown_octets_max));
  }
  return done;
}

}  // namespace postern::cli
