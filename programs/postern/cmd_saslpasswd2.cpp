// saslpasswd2: sets and deletes passwords in sasldb2, with the options, prompts and exit statuses of Cyrus SASL's
// program. docs/cyrus-differences.md lists where it differs.
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include <fmt/format.h>

#include "auth/sasldb/administration.hpp"
#include "os/terminal.hpp"

#include "programs/postern/commands.hpp"
#include "programs/postern/short_options.hpp"

namespace postern::cli {
namespace {

using namespace auth;

constexpr int done = 0;
constexpr int failed = 1;
constexpr int bad_parameter = 7;  ///< SASL_BADPARAM, as the original

// A writer that keeps the pipe open after the password's line must not keep us for ever.
constexpr int pause_after_line_ms = 50;
constexpr int pause_in_line_ms = 2000;

struct request {
  bool pipe = false;
  bool create = false;
  bool remove = false;
  bool no_plaintext = false;
  bool version = false;
  std::string application = "saslpasswd";
  std::string path;
  std::string realm;
  std::string user;
};

int usage() {
  fmt::print(stderr,
             "saslpasswd2: usage: saslpasswd2 [-v] [-c [-p] [-n]] [-d] [-a appname] [-f sasldb] [-u DOM] userid\n"
             "\t-p\t\tread the password from standard input, without prompt\n"
             "\t-c\t\tcreate the user\n"
             "\t-d\t\tdelete the user\n"
             "\t-n\t\tstore SCRAM verifiers, not the password itself\n"
             "\t-f sasldb\tthe file, instead of /etc/sasldb2\n"
             "\t-a appname\tuse APPNAME.conf instead of saslpasswd.conf\n"
             "\t-u DOM\t\tthe user's realm, instead of this machine's name\n"
             "\t-v\t\tshow the version\n");
  return failed;
}

/// False: the usage is to be shown.
bool parse_request(std::vector<std::string> const& words, request& out) {
  short_options options("saslpasswd2", words, "pcdnva:f:u:");
  while (auto const one = options.next()) {
    switch (one->letter) {
      case 'p':
        out.pipe = true;
        break;
      case 'c':
        out.create = true;
        break;
      case 'd':
        out.remove = true;
        break;
      case 'n':
        out.no_plaintext = true;
        break;
      case 'v':
        out.version = true;
        break;
      case 'a':
        out.application = one->value;
        break;
      case 'f':
        out.path = one->value;
        break;
      case 'u':
        out.realm = one->value;
        break;
      default:
        return false;
    }
  }
  if (out.version) return true;
  if (options.rest().size() != 1 || (out.create && out.remove)) return false;
  out.user = options.rest()[0];
  return true;
}

int say(failure const& why) {
  bool const parameter = why.system_error == EINVAL;
  fmt::print(stderr, "saslpasswd2: {}: {}\n", parameter ? "invalid parameter supplied" : "generic failure", why.text);
  return parameter ? bad_parameter : failed;
}

bool more_to_come(std::string const& read_so_far) {
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  int const pause = read_so_far.ends_with('\n') ? pause_after_line_ms : pause_in_line_ms;
  return ::poll(&input, 1, read_so_far.empty() ? -1 : pause) > 0;
}

/// All that is there, without the last line end; other line ends are part of the password.
result<secret> read_pipe() {
  std::string text;
  text.reserve(2 * sasldb::value_octets_max);  // no reallocation leaves a copy behind
  std::array<char, 1024> piece{};
  while (text.size() <= sasldb::value_octets_max && more_to_come(text)) {
    auto const got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("reading the password", errno);
    if (got == 0) break;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  wipe(piece.data(), piece.size());
  if (text.ends_with('\n')) text.pop_back();
  return secret(std::move(text));
}

result<secret> read_prompted() {
  auto first = os::read_password("Password: ");
  if (!first) return first;
  auto const again = os::read_password("Again (for verification): ");
  if (!again) return again;
  if (first->reveal() != again->reveal()) return fail("passwords don't match; aborting");
  return first;
}

int remove_user(sasldb::administration_options const& how, user_in_realm const& who) {
  auto const removed = sasldb::delete_user(how, who);
  if (!removed) return say(removed.error());
  if (!*removed) fmt::print(stderr, "saslpasswd2: {} has no user {}@{}\n", how.path, who.user, who.realm);
  return done;
}

int set_password(request const& what, sasldb::administration_options const& how, user_in_realm const& who) {
  bool const prompted = !what.pipe && ::isatty(STDIN_FILENO) == 1;
  auto const password = prompted ? read_prompted() : read_pipe();
  if (!password && prompted) return fmt::print(stderr, "saslpasswd2: {}\n", password.error().text), bad_parameter;
  if (!password) return say(password.error());
  auto const stored = sasldb::store_password(how, who, *password, !what.no_plaintext);
  if (!stored) return say(stored.error());
  if (auto const remark = sasldb::remark_on_mode(how.path)) fmt::print(stderr, "saslpasswd2: warning: {}\n", *remark);
  return done;
}

}  // namespace

int cmd_saslpasswd2(command_line const& line) {
  request what;
  if (!parse_request(line.args, what)) return usage();
  if (what.version) return print_sasl_version("saslpasswd2");
  if (what.application.find('/') != std::string::npos) {
    fmt::print(stderr, "saslpasswd2: appname must not contain /\n");
    return failed;
  }
  auto how = sasldb::load_administration_options(what.application);
  if (!how) return say(how.error());
  if (!what.path.empty()) how->path = what.path;
  auto const who = split_realm(what.user, what.realm, sasldb::default_realm());
  return what.remove ? remove_user(*how, who) : set_password(what, *how, who);
}

}  // namespace postern::cli
