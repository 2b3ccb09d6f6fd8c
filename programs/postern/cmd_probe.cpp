// postern probe: tries login and relaying on any SMTP server and says what each answer means.
#include <cstdio>

#include <fmt/format.h>

#include "base/text.hpp"
#include "net/task_scope.hpp"
#include "os/terminal.hpp"

#include "admin/probe.hpp"
#include "admin/secret_input.hpp"
#include "programs/postern/commands.hpp"
#include "programs/postern/long_options.hpp"

namespace postern::cli {
namespace {

constexpr int wrong_usage = 2;

struct options {
  std::string target;
  std::string user, sender, recipient, tls;
  bool password_from_stdin = false;
  bool any_certificate = false;
  bool token = false;
  bool quiet = false;
};

int usage(std::FILE* to, int status) {
  fmt::print(to,
             "usage: postern probe HOST[:PORT] [--user USER [--password-stdin]] [OPTIONS]\n"
             "       postern probe --token [--user USER] [--password-stdin]\n\n"
             "  HOST alone tries ports 587, 465 and 25.\n"
             "  --user USER          try to log in; the password is asked for\n"
             "  --password-stdin     read the password from the first line of standard input\n"
             "  --from ADDRESS       the sender to relay for, when it is not the user's name\n"
             "  --to ADDRESS         a recipient on another server; nothing is sent to it\n"
             "  --tls starttls|implicit|none\n"
             "  --any-certificate    give the password to a server that nobody vouches for\n"
             "  --quiet              verdicts only, without the dialogue\n"
             "  --token              print the base64 of a PLAIN login, for use by hand\n\n"
             "exit status: 0 all is well, 1 warnings, 2 problems\n");
  return status;
}

int say_failure(std::string_view text) {
  fmt::print(stderr, "postern probe: {}\n", text);
  return wrong_usage;
}

constexpr long_flag<options> flags[] = {{"--password-stdin", &options::password_from_stdin},
                                        {"--any-certificate", &options::any_certificate},
                                        {"--token", &options::token},
                                        {"--quiet", &options::quiet}};
constexpr long_value<options> values[] = {
    {"--user", &options::user}, {"--from", &options::sender}, {"--to", &options::recipient}, {"--tls", &options::tls}};

result<options> parse_options(std::vector<std::string> const& words) {
  options out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!words[i].starts_with('-') && out.target.empty()) {
      out.target = words[i];
    } else if (!words[i].starts_with('-')) {
      return fail("'" + words[i] + "' is one argument too many; a password never stands on the command line");
    } else if (!take_flag(words[i], flags, out) && !take_value(words, i, values, out)) {
      return fail(words[i] + " is no option of probe, or lacks its value");
    }
  }
  if (out.token != out.target.empty()) return fail("give either a host or --token");
  for (auto const* address : {&out.sender, &out.recipient}) {
    bool clean = printable(*address) == *address && address->find_first_of("<> ") == std::string::npos;
    if (!clean) return fail("'" + printable(*address) + "' is not an address");
  }
  return out;
}

result<secret> get_password(options const& from) {
  if (from.password_from_stdin) return admin::read_secret_line();
  return os::read_password(fmt::format("Password of {}: ", from.user));
}

int print_token(options& from) {
  if (from.user.empty()) {
    fmt::print(stderr, "User: ");
    auto name = admin::read_secret_line();
    if (!name) return say_failure("no user was given; use --user");
    from.user = name->reveal();
  }
  auto password = get_password(from);
  if (!password) return say_failure(password.error().text);
  auto token = admin::format_plain_token(from.user, *password);
  fmt::print("{}\n", token.reveal());
  return 0;
}

// ---- what is shown

void show_step(admin::probe_step const& step) {
  fmt::print("{:<8} {}: {}\n", admin::format_gravity(step.said.level), step.name, step.said.text);
  if (!step.said.remedy.empty()) fmt::print("         -> {}\n", step.said.remedy);
  std::fflush(stdout);
}

void show_port(std::string const& host, std::string const& address, admin::probe_port const& port) {
  auto kind = port.tls == admin::tls_way::implicit ? "TLS from the first octet"
              : port.tls == admin::tls_way::none   ? "in the clear"
                                                   : "STARTTLS";
  fmt::print("\n== {}, port {}, {}{}{}\n", host, port.port, kind, address.empty() ? "" : ", at ", address);
}

admin::probe_listener make_listener(bool quiet) {
  admin::probe_listener out;
  out.on_port = show_port;
  out.on_step = show_step;
  out.on_line = [quiet](bool from_server, std::string_view line) {
    if (!quiet) fmt::print("    {} {}\n", from_server ? "<" : ">", line);
  };
  return out;
}

net::task<> run_probe(net::event_loop& loop, admin::probe_request request, bool quiet, admin::gravity& worst) {
  worst = co_await admin::probe(loop, std::move(request), make_listener(quiet));
  loop.stop();
}

result<admin::probe_request> make_request(options const& from) {
  auto request = admin::parse_probe_target(from.target);
  if (!request) return request;
  for (auto& port : request->ports) {
    if (from.tls == "implicit") port.tls = admin::tls_way::implicit;
    if (from.tls == "starttls") port.tls = admin::tls_way::start_tls;
    if (from.tls == "none") port.tls = admin::tls_way::none;
    if (!from.user.empty() && request->ports.size() == 1) port.for_users = true;
  }
  if (!from.tls.empty() && from.tls != "implicit" && from.tls != "starttls" && from.tls != "none")
    return fail("--tls is starttls, implicit or none");
  request->user = from.user;
  request->sender = from.sender;
  request->any_certificate = from.any_certificate;
  if (!from.recipient.empty()) request->recipient = from.recipient;
  if (from.user.empty()) return request;
  auto password = get_password(from);
  if (!password) return std::unexpected(password.error());
  request->password = std::move(*password);
  return request;
}

}  // namespace

int cmd_probe(command_line const& line) {
  if (line.args.empty()) return usage(stderr, wrong_usage);
  if (line.args[0] == "help" || line.args[0] == "--help") return usage(stdout, 0);
  auto given = parse_options(line.args);
  if (!given) return say_failure(given.error().text);
  if (given->token) return print_token(*given);
  auto request = make_request(*given);
  if (!request) return say_failure(request.error().text);
  net::event_loop loop;
  net::task_scope scope(loop);
  auto worst = admin::gravity::good;
  scope.spawn(run_probe(loop, std::move(*request), given->quiet, worst), "probe");
  loop.run();
  return worst == admin::gravity::problem ? 2 : worst == admin::gravity::warning ? 1 : 0;
}

}  // namespace postern::cli
