#include "service/master/server_directories.hpp"

#include <unistd.h>

#include <filesystem>

namespace postern::service::master {
namespace {

struct place {
  std::string path;
  mode_t mode;
  os::ownership owner;
};

/// What group may reach public/: setgid_group when there is one, else the mail user's.
gid_t decide_public_group(config::settings const& settings, os::ownership mail) {
  if (::geteuid() != 0 || !settings.private_dir().empty()) return mail.group;
  auto group = os::find_group(settings.text("setgid_group"));
  return group && *group ? **group : mail.group;
}

}  // namespace

result<> prepare_directories(config::settings const& settings, run_identity const& identity) {
  os::ownership self{::geteuid(), ::getegid()};
  os::ownership mail = identity.mail ? os::ownership{identity.mail->user, identity.mail->group} : self;
  os::ownership open{mail.user, decide_public_group(settings, mail)};
  auto queue = settings.text("queue_directory");
  bool is_private = !settings.private_dir().empty();
  std::vector<place> places = {
      {queue, 0755, is_private ? mail : self},
      {queue + "/pid", 0755, self},
      {queue + "/private", 0700, mail},
      {queue + "/public", 0710, open},
      {queue + "/submit", 0711, mail},
      {queue + "/spool", 0700, mail},
      {settings.text("data_directory"), 0700, mail},
  };
  auto mailboxes = settings.text("mail_spool_directory");
  // The system's /var/mail has a mode of its own; only what is missing is made.
  if (is_private) places.push_back({mailboxes, 0700, mail});
  if (!is_private && !std::filesystem::exists(mailboxes)) places.push_back({mailboxes, 0711, mail});
  for (auto& [path, mode, owner] : places) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    if (auto made = os::make_directory(path, mode, owner); !made) return made;
  }
  return {};
}

std::string pid_file_path(config::settings const& settings) {
  return settings.text("queue_directory") + "/pid/master.pid";
}

std::string control_socket_path(config::settings const& settings) {
  return settings.text("queue_directory") + "/public/control";
}

}  // namespace postern::service::master
