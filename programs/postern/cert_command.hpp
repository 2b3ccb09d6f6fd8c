#pragma once
// Purpose: what the actions of `postern cert` have in common: their request, what they work on, how they speak.
// Layout: cmd_cert.cpp has the table and the command line; cert_devices.cpp and cert_authority.cpp the actions.
// Errors: a sentence on stderr and status `failed`.
// Security: passwords of bundles are made here or come from standard input, never from the command line.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "auth/account_store.hpp"
#include "config/settings.hpp"

#include "admin/device_bundle.hpp"

namespace postern::cli::cert {

inline constexpr int done = 0;
inline constexpr int failed = 1;
inline constexpr int wrong_usage = 2;

struct request {
  std::vector<std::string> words;  ///< the action's operands as typed
  std::string out;
  std::chrono::days lifetime{730};
  admin::bundle_age age = admin::bundle_age::modern;
  bool password_from_stdin = false;
  bool show_certificate = false;
  bool show_list = false;
  bool renew = false;
};

/// What every action works on.
struct workplace {
  config::settings const& settings;
  auth::account_store& store;
  std::string directory;  ///< device_ca_directory
};

/// On stderr; `failed`.
int say(std::string_view text);

// cert_devices.cpp
int issue(workplace const& at, request const& what);
int list(workplace const& at, request const& what);
int revoke(workplace const& at, request const& what);
// cert_authority.cpp
int show_authority(workplace const& at, request const& what);

}  // namespace postern::cli::cert
