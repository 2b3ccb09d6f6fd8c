#include "config/postconf.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::config {
namespace {

using subject = postconf_options::subject;
using action = postconf_options::action;

constexpr std::string_view usage = R"(usage: {0} [-c DIR] [-o NAME=VALUE] [-dnhHxf] [NAME ...]   show main.cf parameters
       {0} [-c DIR] [-e] NAME=VALUE ...                     set parameters
       {0} [-c DIR] -# NAME ... | -X NAME ...               comment out | remove parameters
       {0} [-c DIR] -M [-efx#X] [SERVICE/TYPE[=ENTRY] ...]  master.cf entries
       {0} [-c DIR] -F [-ehHx] [SERVICE/TYPE/FIELD[=VALUE] ...]
       {0} [-c DIR] -P [-ehHxX] [SERVICE/TYPE/NAME[=VALUE] ...]
       {0} [-c DIR] --explain NAME ...   where a value comes from and what it means
       {0} --manual                      all parameters, as Markdown
  -d defaults  -n only what is set  -h values without names  -H names only  -x expand $names  -f fold long lines
)";

result<> edit_file(postconf_options const& options, std::string const& config_dir, std::string& warnings) {
  bool const main_cf = options.about == subject::main_cf;
  auto const path = config_dir + (main_cf ? "/main.cf" : "/master.cf");
  auto text = read_config_file(path);
  if (!text) return std::unexpected(text.error());
  auto changed = main_cf ? edit_main_cf(*text, options.what, options.operands, warnings)
                         : edit_master_cf(*text, options, warnings);
  if (!changed) return std::unexpected(changed.error());
  return *changed == *text ? result<>{} : replace_file(path, *changed);
}

/// What is worth a warning while something else was asked for: notes are left to `postern check`.
void report(std::vector<diagnostic> const& problems, std::string_view program, std::string& err) {
  for (auto const& problem : problems) {
    if (problem.level == severity::note) continue;
    auto const word = problem.level == severity::error ? "error" : "warning";
    err += fmt::format("{}: {}: {}\n", program, word, problem.line());
  }
}

result<> explain(postconf_options const& options, settings const& configured, postconf_output& out) {
  if (options.operands.empty()) return fail("--explain requires a parameter name");
  for (auto const& name : options.operands) {
    auto text = format_explanation(configured, name);
    if (text.empty()) return fail(fmt::format("{}: unknown parameter", printable(name, 80)));
    out.out += (out.out.empty() ? "" : "\n") + text;
  }
  return {};
}

result<> show(postconf_options const& options, postconf_input const& input, postconf_output& out) {
  load_request request;
  request.config_dir = options.config_dir;
  request.private_dir = input.private_dir;
  request.overrides = options.overrides;
  request.tolerate_errors = true;
  request.program = input.program;
  // Defaults are those of an empty main.cf: what is detected must not depend on what the real one says.
  if (options.defaults && request.config_dir.empty()) request.config_dir = default_config_dir();
  auto configured = options.defaults ? settings::load_text("", request) : settings::load(request);
  if (!configured) return std::unexpected(configured.error());
  bool const about_main = options.about == subject::main_cf;
  auto services = load_master_cf(configured->config_dir() + "/master.cf", *configured);
  if (!services && !about_main) return std::unexpected(services.error());
  auto const known = services.value_or(master_cf{});
  if (!options.defaults) {
    report(configured->diagnostics(), input.program, out.err);
    if (!about_main) report(known.diagnostics, input.program, out.err);
  }
  if (options.explain) return explain(options, *configured, out);
  return about_main ? show_main_cf(options, *configured, known, out) : show_master_cf(options, *configured, known, out);
}

result<> run(postconf_options& options, postconf_input const& input, postconf_output& out) {
  if (options.help) {
    out.out = fmt::format(usage, input.program);
    return {};
  }
  if (options.manual) {
    out.out = format_manual();
    return {};
  }
  if (options.config_dir.empty()) options.config_dir = input.config_dir;
  if (options.what == action::show) return show(options, input, out);
  if (options.config_dir.empty()) {
    options.config_dir = input.private_dir.empty() ? default_config_dir() : input.private_dir + "/etc";
  }
  return edit_file(options, options.config_dir, out.err);
}

}  // namespace

std::string collapse_spaces(std::string_view text) {
  std::string out;
  for (auto word : split_any(text, " \t\r\n\v\f")) out.append(out.empty() ? "" : " ").append(word);
  return out;
}

postconf_output run_postconf(postconf_input const& input) {
  postconf_output out;
  auto options = parse_postconf_options(input.args);
  auto done = options ? run(*options, input, out) : result<>(std::unexpected(options.error()));
  if (!done) {
    out.status = 1;
    out.err += fmt::format("{}: fatal: {}\n", input.program, done.error().text);
  }
  return out;
}

}  // namespace postern::config
