// postern access explain: what the restriction lists would say, step by step.
#include <cstdio>

#include <fmt/format.h>

#include "base/text.hpp"

#include "admin/access_explain.hpp"
#include "programs/postern/commands.hpp"
#include "programs/postern/long_options.hpp"
#include "programs/postern/run_masterd.hpp"

namespace postern::cli {
namespace {

constexpr int wrong_usage = 2;

int usage(std::FILE* to, int status) {
  fmt::print(
      to,
      "usage: postern access explain --client ADDRESS --recipient RECIPIENT [OPTIONS] [--dir DIR | -c CONFDIR]\n\n"
      "Goes through the restriction lists as smtpd does at RCPT: each restriction in order, what it looked up,\n"
      "what it said (\"nothing\": it leaves the decision to the next), and who decided. Tables, the DNS and policy\n"
      "servers are asked; no mail is sent.\n\n"
      "  --client ADDRESS  the client's IP address\n"
      "  --name NAME       its host name, as if the DNS confirmed it; else the DNS is asked\n"
      "  --helo NAME       what it says in HELO\n"
      "  --sasl USER       the account that it logged in to\n"
      "  --tls             it uses TLS\n"
      "  --cert FP         the fingerprint of its certificate, or of the certificate's key\n"
      "  --cert-trusted    the certificate is of a CA that smtpd_tls_CAfile has\n"
      "  --sender S        MAIL FROM; else the null sender\n"
      "  --recipient R     RCPT TO\n"
      "  --service NAME    the service of master.cf, by name or port; else where such a client would come\n\n"
      "exit status: 0 the recipient is accepted, 1 it is not, 2 wrong usage\n");
  return status;
}

int wrong(std::string const& why) {
  fmt::print(stderr, "postern access explain: {}; --help shows how\n", why);
  return wrong_usage;
}

constexpr long_flag<admin::access_request> flags[] = {{"--tls", &admin::access_request::tls},
                                                      {"--cert-trusted", &admin::access_request::trusted}};
constexpr long_value<admin::access_request> values[] = {
    {"--client", &admin::access_request::client},       {"--name", &admin::access_request::name},
    {"--helo", &admin::access_request::helo},           {"--sasl", &admin::access_request::login},
    {"--cert", &admin::access_request::fingerprint},    {"--sender", &admin::access_request::sender},
    {"--recipient", &admin::access_request::recipient}, {"--service", &admin::access_request::at}};

void show_step(policy::trace_step const& step) {
  std::string indent(2 + 2 * step.depth, ' ');
  fmt::print("{}{:<{}} {}\n", indent, printable(step.restriction), 48 - 2 * static_cast<int>(step.depth),
             printable(step.outcome));
  for (auto const& [asked, told] : step.lookups)
    fmt::print("{}    {} -> {}\n", indent, printable(asked), told.empty() ? "(nothing)" : printable(told));
}

int show(admin::access_report const& report) {
  fmt::print("service {}, client {}\n", report.service, report.client.text());
  std::string list;
  for (auto const& step : report.made.trace) {
    if (step.list != list) fmt::print("\n{}\n", list = step.list);
    show_step(step);
  }
  fmt::print("\n");
  for (auto const& note : report.made.notes) fmt::print("log: {}: {}\n", note.kind, printable(note.text));
  for (auto const& warning : report.made.warnings) fmt::print("warning: {}\n", printable(warning));
  auto const& refused = report.made.refused;
  if (!refused) {
    fmt::print("accepted{}\n", report.grounds.empty() ? "" : ", may relay by " + report.grounds);
    return 0;
  }
  fmt::print("refused by {}: {} {} {}\n  {}\n", refused->restriction, refused->code, refused->enhanced, refused->text,
             refused->explanation);
  return 1;
}

}  // namespace

int cmd_access(command_line const& line) {
  if (line.args.empty()) return usage(stderr, wrong_usage);
  if (line.args[0] == "--help" || line.args[0] == "-h") return usage(stdout, 0);
  if (line.args[0] != "explain") return usage(stderr, wrong_usage);
  admin::access_request request;
  for (std::size_t i = 1; i < line.args.size(); ++i) {
    if (line.args[i] == "--help" || line.args[i] == "-h") return usage(stdout, 0);
    if (!take_flag(line.args[i], flags, request) && !take_value(line.args, i, values, request))
      return wrong("there is no option " + line.args[i] + ", or it lacks its value");
  }
  if (request.recipient.empty()) return wrong("--recipient is missing");
  auto const server = decide_server(line);
  config::load_request where;
  where.config_dir = server.config_dir;
  where.private_dir = server.dir;
  auto report = admin::explain_access(where, request);
  if (!report) {
    fmt::print(stderr, "postern access explain: {}\n", report.error().text);
    return 1;
  }
  return show(*report);
}

}  // namespace postern::cli
