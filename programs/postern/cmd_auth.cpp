// postern auth test: goes the way of a login and says what happens at each step.
#include <cstdio>

#include <fmt/format.h>

#include "base/text.hpp"
#include "os/terminal.hpp"

#include "admin/login_trial.hpp"
#include "admin/secret_input.hpp"
#include "programs/postern/commands.hpp"
#include "programs/postern/long_options.hpp"
#include "programs/postern/run_masterd.hpp"

namespace postern::cli {
namespace {

constexpr int wrong_usage = 2;

struct options {
  admin::login_test_request request;
  bool password_from_stdin = false;
  bool token_from_stdin = false;
  bool no_login = false;
  bool without_tls = false;
  bool quiet = false;
};

int usage(std::FILE* to, int status) {
  fmt::print(
      to,
      "usage: postern auth test USER [OPTIONS] [--dir DIR | -c CONFDIR]\n\n"
      "Goes the way of USER's login: service, socket, configuration, mechanisms, name, sources of credentials,\n"
      "and what the mail client gets. The sources are asked directly, then the server once more by its socket.\n\n"
      "  --password-stdin  read the password from the first line of standard input; else it is asked for\n"
      "  --token-stdin     an access token instead, for XOAUTH2 and OAUTHBEARER\n"
      "  --cert FILE       the client's certificate, for EXTERNAL: PEM, or PKCS #12 and its password\n"
      "  --no-login        show the way without a password\n"
      "  --mech MECHANISM  log in by this one; \"all\": by each that takes a password; else by PLAIN;\n"
      "                    GSSAPI: with the tickets of this shell (kinit)\n"
      "  --port SERVICE    the service of master.cf, by name or port; else submission\n"
      "  --service NAME    what it is a login to: smtp, imap, pop3; else smtpd_sasl_service\n"
      "  --client ADDRESS  where the client is; else 127.0.0.1\n"
      "  --no-tls          the client does not use TLS\n"
      "  --quiet           warnings and problems only\n\n"
      "exit status: 0 the login works, 1 it does not, 2 wrong usage\n");
  return status;
}

int say_failure(std::string_view text, int status) {
  fmt::print(stderr, "postern auth test: {}\n", text);
  return status;
}

constexpr long_flag<options> flags[] = {{"--password-stdin", &options::password_from_stdin},
                                        {"--token-stdin", &options::token_from_stdin},
                                        {"--no-login", &options::no_login},
                                        {"--no-tls", &options::without_tls},
                                        {"--quiet", &options::quiet}};
constexpr long_value<admin::login_test_request> values[] = {{"--mech", &admin::login_test_request::mechanism},
                                                            {"--cert", &admin::login_test_request::certificate},
                                                            {"--port", &admin::login_test_request::at},
                                                            {"--service", &admin::login_test_request::service},
                                                            {"--client", &admin::login_test_request::client}};

result<options> parse_options(std::vector<std::string> const& words) {
  options out;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (!words[i].starts_with("--") && out.request.user.empty()) {
      out.request.user = words[i];
    } else if (!words[i].starts_with("--")) {
      return fail("one argument too many; a password never stands on the command line");
    } else if (!take_flag(words[i], flags, out) && !take_value(words, i, values, out.request)) {
      return fail(printable(words[i]) + " is no option of auth test, or lacks its value");
    }
  }
  if (out.request.user.empty()) return fail("whose login? name the user");
  if (out.request.mechanism != "all") out.request.mechanism = uppercase(out.request.mechanism);
  if (!out.request.certificate.empty() && out.request.mechanism.empty()) out.request.mechanism = "EXTERNAL";
  out.request.token = out.token_from_stdin;
  out.request.tls = !out.without_tls;
  out.request.try_login = !out.no_login;
  return out;
}

result<secret> ask_for_secret(options const& given) {
  using enum admin::needed_secret;
  auto const user = printable(given.request.user, 128);
  auto const needed = admin::find_needed_secret(given.request);
  if (needed == nothing) return secret();
  if (given.password_from_stdin || given.token_from_stdin) return admin::read_secret_line();
  if (needed == token) return os::read_password(fmt::format("Access token of {}: ", user));
  if (needed == bundle_password) return os::read_password(fmt::format("Password of {}: ", given.request.certificate));
  return os::read_password(fmt::format("Password of {}: ", user));
}

}  // namespace

int cmd_auth(command_line const& line) {
  if (!line.args.empty() && (line.args[0] == "help" || line.args[0] == "--help")) return usage(stdout, 0);
  if (line.args.empty() || line.args[0] != "test") return usage(stderr, wrong_usage);
  auto given = parse_options(line.args);
  if (!given) return say_failure(given.error().text, wrong_usage);
  if (given->request.try_login) {
    auto password = ask_for_secret(*given);
    if (!password) return say_failure(password.error().text, wrong_usage);
    given->request.password = std::move(*password);
  }
  auto const server = decide_server(line);
  bool const quiet = given->quiet;
  auto const worst = admin::test_login(
      {.config_dir = server.config_dir, .private_dir = server.dir, .tolerate_errors = true}, std::move(given->request),
      [quiet](admin::login_step const& step) {
        if (quiet && step.said.level < admin::gravity::warning) return;
        fmt::print("{:<8} {}: {}\n", admin::format_gravity(step.said.level), step.name, step.said.text);
        if (!step.said.remedy.empty()) fmt::print("         -> {}\n", step.said.remedy);
        std::fflush(stdout);
      });
  if (!worst) return say_failure(worst.error().text, 1);
  return *worst == admin::gravity::problem ? 1 : 0;
}

}  // namespace postern::cli
