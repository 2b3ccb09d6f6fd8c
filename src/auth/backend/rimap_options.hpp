#pragma once
// Purpose: the argument of the rimap backend (saslauthd -O) as values; rimap.hpp says how it is written.
// Errors: say what is wrong and how it is written right.

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern::auth {

struct rimap_options {
  enum class security { clear, starttls, tls };
  std::string host;
  std::string port;  ///< number or name of services(5)
  security protection = security::clear;
  std::string ca_file;  ///< empty: the system's authorities
  bool verify = true;
  std::chrono::milliseconds time_limit{30000};
};

result<rimap_options> parse_rimap_options(std::string_view argument);

}  // namespace postern::auth
