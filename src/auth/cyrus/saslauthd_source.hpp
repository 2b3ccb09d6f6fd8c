#pragma once
// Purpose: passwords checked by a saslauthd: Cyrus's or ours by saslauthd_path, or our own check-pam, check-shadow and
//          check-getpwent, which serve the method names of Cyrus's first version.
// Layout: login and realm by Cyrus's rule (realm.hpp); the service is the one that the front end names.
// Errors: no connection, no answer in time or "[ALERT]" is store_unavailable; every other NO is a refusal.
// Security: saslauthd's reason goes to the log only.

#include <chrono>
#include <memory>
#include <string>

#include "auth/credential_source.hpp"
#include "sasl/mux_protocol.hpp"

namespace postern::auth::cyrus {

struct saslauthd_source_options {
  std::string name = "saslauthd";  ///< "pam", "shadow", "getpwent" for our own
  std::string socket;
  std::chrono::milliseconds time_limit{30000};
};

std::unique_ptr<credential_source> make_saslauthd_source(saslauthd_source_options options);

/// What a reply means: its text is all that tells an unknown user from a wrong password and both from trouble.
verdict_code judge_reply(sasl::mux::reply const& said);

}  // namespace postern::auth::cyrus
