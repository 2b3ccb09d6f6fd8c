#pragma once
// Purpose: the settings that the tests of the server session start from.

#include <memory>

#include "smtp/server_settings.hpp"

namespace postern::smtp::testing {

inline server_settings basic_settings() {
  server_settings settings;
  settings.host_name = "mx.example.org";
  settings.banner = "mx.example.org ESMTP Postern";
  settings.tls = tls_level::may;
  settings.auth_enabled = true;
  settings.error_sleep_time = std::chrono::seconds(0);
  return settings;
}

inline std::shared_ptr<mechanism_offer const> basic_offer() {
  return std::make_shared<mechanism_offer const>(mechanism_offer{"PLAIN", "PLAIN LOGIN"});
}

}  // namespace postern::smtp::testing
