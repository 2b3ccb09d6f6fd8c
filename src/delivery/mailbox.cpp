#include "delivery/mailbox.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "message/address.hpp"
#include "store/maildir.hpp"

namespace postern::delivery {
namespace {

constexpr std::string_view postmaster = "postmaster";
constexpr std::string_view only_maildir =
    "only Maildir mailboxes are supported yet: let home_mailbox or mail_spool_directory end in \"/\"";

/// True when the path is below one of the directories.
bool is_below(std::string_view path, std::vector<std::string> const& directories) {
  return std::ranges::any_of(directories, [path](std::string_view above) {
    while (above.ends_with('/')) above.remove_suffix(1);
    return path.starts_with(above) && path.substr(above.size()).starts_with('/');
  });
}

mailbox_decision unsupported(std::string why) {
  return {mailbox_decision::verdict::unsupported, {}, false, std::move(why)};
}

mailbox_decision decide_home_mailbox(local_settings const& settings, local_user const& user) {
  using verdict = mailbox_decision::verdict;
  if (!settings.home_mailbox.ends_with('/')) return unsupported(std::string(only_maildir));
  if (!is_below(user.home, settings.home_directories)) {
    return unsupported(fmt::format("the home {} is not below home_directories", printable(user.home)));
  }
  auto path = user.home + "/" + settings.home_mailbox;
  path.pop_back();
  return {verdict::maildir, std::move(path), true, {}};
}

}  // namespace

local_settings load_local_settings(config::settings const& settings) {
  local_settings out;
  out.home_mailbox = settings.text("home_mailbox");
  out.home_directories = settings.list("home_directories");
  out.mail_spool_directory = settings.text("mail_spool_directory");
  out.recipient_delimiter = settings.text("recipient_delimiter");
  out.host_name = settings.text("myhostname");
  out.mail_owner = settings.text("mail_owner");
  out.soft_bounce = settings.boolean("soft_bounce");
  out.private_server = !settings.private_dir().empty();
  return out;
}

std::string fold_local_part(std::string_view address, std::string_view delimiters) {
  auto name = lowercase(message::split_address(address).local_part);
  // A delimiter at the very front is a part of the name: "+joe" is nobody's extension.
  auto at = delimiters.empty() ? std::string::npos : name.find_first_of(delimiters, 1);
  return name.substr(0, at);
}

std::vector<std::string> candidate_names(std::string_view address, std::string_view delimiters) {
  auto parts = message::split_address(address);
  std::vector<std::string> out;
  for (auto const& user : {lowercase(parts.local_part), fold_local_part(address, delimiters)}) {
    if (!out.empty() && out.back() == user) break;
    if (!parts.domain.empty()) out.push_back(user + "@" + parts.domain);
    out.push_back(user);
  }
  return out;
}

mailbox_decision decide_mailbox(local_settings const& settings, std::string_view user_name,
                                std::optional<local_user> const& user) {
  using verdict = mailbox_decision::verdict;
  if (!user && user_name != postmaster) return {verdict::no_such_user, {}, false, {}};
  auto name = store::name_part(user ? user->name : user_name);
  bool has_home = user && user->is == local_user::kind::system && !user->superuser;
  if (has_home && !settings.home_mailbox.empty() && !settings.private_server)
    return decide_home_mailbox(settings, *user);
  auto spool = settings.mail_spool_directory;
  bool maildir = spool.ends_with('/') || settings.private_server;
  while (spool.ends_with('/')) spool.pop_back();
  if (!maildir || name.empty()) return unsupported(std::string(only_maildir));
  return {verdict::maildir, spool + "/" + name, false, {}};
}

}  // namespace postern::delivery
