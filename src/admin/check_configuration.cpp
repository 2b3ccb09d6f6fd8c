// What the readers of main.cf and master.cf have to say, and the host's name.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

#include "admin/checks.hpp"

namespace postern::admin {
namespace {

gravity gravity_of(config::severity level) {
  switch (level) {
    case config::severity::note:
      return gravity::note;
    case config::severity::warning:
      return gravity::warning;
    case config::severity::error:
      return gravity::problem;
  }
  return gravity::problem;
}

void add_all(check_context& context, std::vector<config::diagnostic> const& said) {
  for (auto const& one : said) context.add(gravity_of(one.level), one.where, one.text, one.remedy);
}

}  // namespace

void check_main_cf(check_context& context) { add_all(context, context.settings().diagnostics()); }

void check_master_cf(check_context& context) {
  add_all(context, context.master_cf().diagnostics);
  if (context.smtpd_services().empty())
    context.add(gravity::problem, {}, "no service of master.cf is smtpd: nobody can send mail through this server",
                "add a line such as: submission inet n - n - - smtpd");
}

void check_host_name(check_context& context) {
  auto const& settings = context.settings();
  auto name = lowercase(settings.text("myhostname"));
  auto where = settings.where("myhostname");
  auto is_made_up = std::ranges::any_of(std::initializer_list<char const*>{".localdomain", ".local", ".invalid"},
                                        [&name](auto const* end) { return name.ends_with(end); });
  if (name.contains('.') && !is_made_up) return;
  context.add(gravity::warning, where, fmt::format("myhostname is {}, which no other server can look up", name),
              "set myhostname to the full name that the DNS has for this host, such as mail.example.com");
}

}  // namespace postern::admin
