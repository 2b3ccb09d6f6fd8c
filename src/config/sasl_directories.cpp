#include "config/sasl_directories.hpp"

#include "base/text.hpp"

namespace postern::config {

std::vector<std::string> list_sasl_directories(settings const& from) {
  std::vector<std::string> directories;
  for (auto const& word : from.list("cyrus_sasl_config_path")) {
    for (auto const directory : split(word, ':')) {
      if (!directory.empty()) directories.emplace_back(directory);
    }
  }
  directories.push_back(from.config_dir() + "/sasl");
  for (auto const* const usual : {"/etc/postfix/sasl", "/etc/sasl2", "/etc/sasl", "/usr/lib/x86_64-linux-gnu/sasl2",
                                  "/usr/lib/aarch64-linux-gnu/sasl2", "/usr/lib/sasl2"}) {
    directories.emplace_back(usual);
  }
  return directories;
}

}  // namespace postern::config
