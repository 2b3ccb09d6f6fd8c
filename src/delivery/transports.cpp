#include "delivery/transports.hpp"

#include "config/master_cf.hpp"

namespace postern::delivery {

std::unordered_map<std::string, std::string> find_transports(config::settings const& settings,
                                                             std::string const& smtp_socket,
                                                             std::string const& local_socket) {
  std::unordered_map<std::string, std::string> out{{"smtp", smtp_socket}, {"local", local_socket}};
  auto table = config::load_master_cf(settings.config_dir() + "/master.cf", settings);
  if (!table) return out;
  auto const directory = smtp_socket.substr(0, smtp_socket.rfind('/') + 1);
  for (auto const& entry : table->services) {
    bool const serves = entry.type == config::service_type::unix_socket && entry.is_private && entry.command == "smtp";
    // Postfix's master.cf has `relay` beside `smtp`; one program serves both.
    if (serves && entry.name != "relay") out.try_emplace(entry.name, directory + entry.name);
  }
  return out;
}

}  // namespace postern::delivery
