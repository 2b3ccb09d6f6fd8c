// Where mail of local users goes, and whether `local` can write there.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <sys/stat.h>

#include "delivery/transports.hpp"
#include "service/master/launcher.hpp"

#include "admin/checks.hpp"

namespace postern::admin {
namespace {

std::string mail_waits(char const* parameter, std::string const& value, char const* whose) {
  return fmt::format("{} = {}: mailbox files (mbox) are not supported yet: mail for {} waits in the queue", parameter,
                     value, whose);
}

bool delivers_itself(config::settings const& settings) {
  auto transport = settings.text("local_transport");
  return settings.private_dir().empty() && !settings.list("mydestination").empty() &&
         (transport == "local" || transport.starts_with("local:"));
}

bool may_write(struct stat const& directory, os::credentials const& who) {
  if (directory.st_uid == who.user) return (directory.st_mode & S_IWUSR) != 0;
  if (directory.st_gid == who.group) return (directory.st_mode & S_IWGRP) != 0;
  return (directory.st_mode & S_IWOTH) != 0;
}

void judge_owner(check_context& context, std::string const& directory) {
  auto const& settings = context.settings();
  auto owner = os::find_user(settings.text("mail_owner"));
  struct stat about{};
  // masterd makes what is missing, with the right owner.
  if (!owner || !*owner || ::stat(directory.c_str(), &about) != 0 || may_write(about, (*owner)->who)) return;
  context.add(
      gravity::problem, settings.where("mail_spool_directory"),
      fmt::format("mailboxes are made in {} by user {}, who may not write there", directory, (*owner)->name),
      fmt::format("let mail_spool_directory name a directory that belongs to {}, for example /var/lib/postern/mail/",
                  (*owner)->name));
}

/// Mail by a transport that nobody serves waits in the queue.
void judge_transports(check_context& context) {
  auto const& settings = context.settings();
  bool const has_virtual = settings.is_set("virtual_mailbox_domains") || settings.is_set("virtual_mailbox_maps");
  struct use {
    char const* parameter;
    bool has_domains;
    char const* whose;
  };
  auto const served = delivery::find_transports(settings, {}, {});
  for (auto const& [parameter, has_domains, whose] :
       {use{"local_transport", !settings.list("mydestination").empty(), "local users"},
        use{"virtual_transport", has_virtual, "virtual_mailbox_domains"},
        use{"relay_transport", !settings.list("relay_domains").empty(), "relay_domains"},
        use{"default_transport", true, "everybody elsewhere"}}) {
    auto const value = settings.text(parameter);
    auto const name = value.substr(0, value.find(':'));
    constexpr std::array<std::string_view, 4> of_qmgr{"relay", "error", "retry", "discard"};
    if (!has_domains || served.contains(name) || std::ranges::find(of_qmgr, name) != of_qmgr.end()) continue;
    context.add(gravity::problem, settings.where(parameter),
                fmt::format("{} = {}: transport \"{}\" is not supported yet: mail for {} waits in the queue", parameter,
                            value, name, whose),
                "smtp:[host]:port of a server that takes the mail, for example");
  }
}

}  // namespace

void check_mailboxes(check_context& context) {
  judge_transports(context);
  auto const& settings = context.settings();
  if (!delivers_itself(settings)) return;
  auto home = settings.text("home_mailbox");
  auto spool = settings.text("mail_spool_directory");
  bool has_homes = !home.empty();
  if (has_homes && !home.ends_with('/'))
    context.add(gravity::problem, settings.where("home_mailbox"), mail_waits("home_mailbox", home, "users with a home"),
                "home_mailbox = Maildir/");
  if (spool.ends_with('/')) return judge_owner(context, spool);
  auto const* whose = has_homes ? "root, postmaster and accounts without a home" : "every local user";
  context.add(has_homes ? gravity::warning : gravity::problem, settings.where("mail_spool_directory"),
              mail_waits("mail_spool_directory", spool, whose),
              has_homes ? "let it name a directory for Maildirs, with a final \"/\""
                        : "home_mailbox = Maildir/, or a mail_spool_directory with a final \"/\"");
}

}  // namespace postern::admin
