#pragma once
// Purpose: one login through PAM: who is asked what, and what the result means.
// Security: the password answers prompts that do not echo, the first one and those with the same words; a prompt that
//           echoes gets the login when it is PAM's own prompt for the user, and nothing else gets anything. A second,
//           different question (a one-time code) ends the login. [deviates from the original: it hands out the password
//           to every such prompt]
// Source: pam(3), pam_conv(3), pam_fail_delay(3)

#include <string>

#include "auth/password_backend.hpp"

namespace postern::auth {

/// For a worker process: what modules a service loaded stay loaded. Blocks as long as the modules do, but for the fail
/// delay, which is in the answer.
password_answer run_pam(password_question const& question, std::string const& service_directory);

}  // namespace postern::auth
