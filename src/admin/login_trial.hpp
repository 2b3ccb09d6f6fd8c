#pragma once
// Purpose: goes the way of one login and tells each step: which socket smtpd asks and by which parameter, whose
//          configuration decides, which mechanisms a client sees and why not the others, what becomes of the name, what
//          each source of credentials says, and what the mail client gets. `postern auth test` prints it.
// Errors: a configuration that cannot be read is a failure; everything else is a step.
// Concurrency: blocks.
// Security: for administrators: says what clients are never told. No step holds a password. The sources are asked
//           directly, with the rights of whoever runs it, and then once through the daemon: two tries in its log.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "config/settings.hpp"

#include "admin/remark.hpp"

namespace postern::admin {

struct login_test_request {
  std::string user;
  secret password;        ///< or the access token, or what opens the certificate's bundle
  bool try_login = true;  ///< false: nobody is asked for the password, the configuration alone is shown
  std::string mechanism;  ///< empty: PLAIN, as most mail clients; "all": each that takes a password
  bool token = false;     ///< `password` is an access token; without a mechanism: by each that takes one
  std::string
      certificate;      ///< file of the client's certificate: PEM, or a bundle as `postern cert` makes it; empty: none
  std::string at;       ///< a service of master.cf, by name or port; empty: submission, or else the first for users
  std::string service;  ///< what smtpd calls itself; empty: smtpd_sasl_service
  std::string client = "127.0.0.1";
  bool tls = true;
};

struct login_step {
  std::string name;  ///< "socket", "source accounts"
  remark said;
};
using step_listener = std::function<void(login_step const&)>;

/// What is to be asked for before the login can be tried.
enum class needed_secret : std::uint8_t { nothing, password, token, bundle_password };
needed_secret find_needed_secret(login_test_request const& request);

/// The worst of its steps: gravity::problem when the login does not work.
result<gravity> test_login(config::load_request const& server, login_test_request request,
                           step_listener const& on_step);

}  // namespace postern::admin
