// postern check: errors and risks in configuration and system.
#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "admin/check.hpp"
#include "programs/postern/commands.hpp"
#include "programs/postern/run_masterd.hpp"

namespace postern::cli {
namespace {

constexpr int clean = 0;
constexpr int warnings = 1;
constexpr int errors = 2;

int usage(std::FILE* to, int status) {
  fmt::print(to,
             "usage: postern check [--quiet] [--dir DIR | -c CONFDIR]\n"
             "       postern check --list\n\n"
             "  --quiet   warnings and errors only\n"
             "  --list    what is looked at\n\n"
             "exit status: 0 clean, 1 warnings, 2 errors\n");
  return status;
}

int list_checks() {
  for (auto const& one : admin::all_checks()) fmt::print("{:<20}{}\n", one.name, one.looks_for);
  return clean;
}

int show(std::vector<admin::finding> const& findings, std::string const& main_cf, bool quiet) {
  auto worst = admin::gravity::good;
  std::size_t shown = 0;
  for (auto const& one : findings) {
    worst = std::max(worst, one.said.level);
    if (quiet && one.said.level < admin::gravity::warning) continue;
    fmt::print("{}\n", admin::format_finding(one, main_cf));
    ++shown;
  }
  if (worst >= admin::gravity::warning) return worst == admin::gravity::problem ? errors : warnings;
  if (!quiet) fmt::print("{}{}: no errors, no warnings\n", shown > 0 ? "\n" : "", main_cf);
  return clean;
}

}  // namespace

int cmd_check(command_line const& given) {
  bool quiet = false;
  for (auto const& word : given.args) {
    if (word == "--list") return list_checks();
    if (word == "help" || word == "--help") return usage(stdout, clean);
    if (word != "--quiet") return usage(stderr, errors);
    quiet = true;
  }
  auto line = decide_server(given);
  config::load_request request;
  request.config_dir = line.config_dir;
  request.private_dir = line.dir;
  auto settings = load_server_settings(line);
  auto findings = settings ? admin::run_checks(request) : std::unexpected(settings.error());
  if (!findings) {
    fmt::print(stderr, "postern check: {}\n", findings.error().text);
    return errors;
  }
  return show(*findings, settings->config_dir() + "/main.cf", quiet);
}

}  // namespace postern::cli
