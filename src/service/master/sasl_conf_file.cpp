#include "service/master/sasl_conf_file.hpp"

#include <unistd.h>

#include <algorithm>

#include "config/sasl_directories.hpp"
#include "os/directories.hpp"

namespace postern::service::master {

std::vector<secret_file> collect_sasl_conf(privileges const& row, config::settings const& settings) {
  std::vector<secret_file> out;
  constexpr std::string_view parameter = "smtpd_sasl_path";
  if (std::ranges::find(row.secrets, parameter) == row.secrets.end()) return out;
  for (auto const& directory : config::list_sasl_directories(settings)) {
    auto path = directory + "/" + settings.text(parameter) + ".conf";
    if (::access(path.c_str(), F_OK) != 0) continue;
    if (auto file = os::open_to_read(path)) out.push_back({std::move(path), std::move(*file)});
    break;
  }
  return out;
}

}  // namespace postern::service::master
