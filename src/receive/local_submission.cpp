#include "receive/local_submission.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>

#include <fmt/format.h>
#include <sys/socket.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "maps/table.hpp"
#include "os/passwd_file.hpp"
#include "receive/service_settings.hpp"

namespace postern::receive {
namespace {

constexpr char const* users_parameter = "authorized_submit_users";
/// As Postfix calls users whose number has no name.
constexpr std::string_view nameless = "unknown";

}  // namespace

result<local_submission_settings> load_local_submission_settings(config::settings const& settings) {
  local_submission_settings out;
  auto const words = settings.list(users_parameter);
  out.everybody = words.size() == 1 && words.front().starts_with("static:");
  auto users = policy::domain_match_list::load(users_parameter, words, false);
  if (!users) return std::unexpected(users.error());
  out.users = std::move(*users);
  out.recipient_limit = static_cast<std::uint32_t>(settings.integer("submit_recipient_limit"));
  return out;
}

bool is_local_service(std::string_view name, config::settings const& settings) {
  return name == settings.text("pickup_service_name");
}

std::string local_submission_socket(config::settings const& settings) {
  return "submit/" + settings.text("pickup_service_name");
}

void ask_for_local_submission(local_submission_settings const& local, config::settings const& settings,
                              os::sandbox_rules& rules) {
  if (local.everybody) return;
  // /etc/passwd is replaced by renaming, so its directory it is.
  rules.readable.emplace_back("/etc");
  for (auto const& word : settings.list(users_parameter)) {
    maps::ask_for_table(word.starts_with('!') ? std::string_view(word).substr(1) : word, rules);
  }
}

std::shared_ptr<service_settings const> make_local_settings(service_settings const& of_service) {
  auto made = std::make_shared<service_settings>(of_service);
  auto& protocol = made->protocol;
  protocol.tls = smtp::tls_level::none;
  protocol.auth_enabled = false;
  protocol.auth_needs_tls = false;
  protocol.helo_required = false;
  protocol.disable_vrfy = false;
  protocol.strict_envelopes = false;
  protocol.discarded_keywords.clear();
  protocol.noop_commands.clear();
  protocol.forbidden_commands.clear();
  protocol.recipient_limit = made->submission.recipient_limit;
  protocol.soft_error_limit = protocol.hard_error_limit = std::numeric_limits<std::uint32_t>::max();
  protocol.error_sleep_time = {};
  made->wrapper_mode = false;
  made->tls = nullptr;
  made->footer = {};
  made->proxy = {};
  made->balancer = {};
  made->milters.services = made->milters.local_services;
  made->milters.by_client = {};
  return made;
}

result<uid_t> read_peer_user(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return fail_errno("SO_PEERCRED", errno);
  // The kernel has no credentials for what is no UNIX socket, and says so with nobody's number.
  if (peer.uid == static_cast<uid_t>(-1)) return fail("the peer is no process of this machine");
  return peer.uid;
}

std::optional<smtp::reply> refuse_local_user(local_submission_settings const& local, uid_t user,
                                             std::string const& passwd) {
  if (local.everybody) return std::nullopt;
  auto const found = os::find_passwd_file_user(user, passwd);
  if (!found) {
    log::warning("{}: {}", users_parameter, found.error().text);
    return smtp::reply{421, "4.3.0", "Error: the users of this machine cannot be looked up"};
  }
  auto const name = found->value_or(std::string(nameless));
  if (local.users.matches(lowercase(name))) return std::nullopt;
  log::warning("{}: user {}({}) is not allowed to submit mail", users_parameter, printable(name), user);
  return smtp::reply{554, "5.7.1", fmt::format("User {}({}) is not allowed to submit mail", printable(name), user)};
}

}  // namespace postern::receive
