#pragma once
// Purpose: what the steps of `postern auth test` work on, one function each (login_trial_setup.cpp,
//          login_trial_proofs.cpp, login_trial_sources.cpp).

#include "auth/gss_acceptor.hpp"

#include "admin/auth_daemon.hpp"
#include "admin/login_plan.hpp"
#include "admin/login_trial.hpp"
#include "admin/mechanism_report.hpp"

namespace postern::admin {

class login_scene {
 public:
  login_scene(config::settings server, config::settings service, std::string place, login_test_request request,
              step_listener const& on_step);

  void say(std::string name, gravity level, std::string text, std::string remedy = {});
  /// "smtpd_sasl_type = dovecot (main.cf:12)".
  std::string show(std::string_view parameter) const;
  gravity worst() const noexcept { return worst_; }

  config::settings server;
  config::settings service;  ///< with the -o of its line of master.cf
  std::string place;         ///< "submission (/etc/postfix/master.cf:17)"
  login_test_request request;
  login_plan plan;
  os::credentials user;  ///< whom smtpd and authd run as
  bool is_own = false;   ///< the socket is authd's
  bool runs = false;     ///< our server
  auth_daemon_answer daemon;
  std::vector<mechanism_standing> mechanisms;
  std::string certificate_user;        ///< whom smtpd finds in the client's certificate; empty: nobody
  std::string certificate_credential;  ///< of a device certificate

 private:
  step_listener const& on_step_;
  gravity worst_ = gravity::good;
};

// login_trial_setup.cpp: what is configured, and whether it can be reached.
void tell_service(login_scene& scene);
void tell_configuration(login_scene& scene);
void tell_socket(login_scene& scene);
void tell_stores(login_scene& scene);
void tell_mechanisms(login_scene& scene);

// login_trial_proofs.cpp: what proves a login beside passwords.
void tell_certificate(login_scene& scene);
/// Of a mechanism that takes no password: the ticket or the token, and what the sources say of the account.
void tell_proof(login_scene& scene, sasl::mechanism_row const& row);

/// Whose ticket a client of this service needs.
auth::gss_name ticket_server(config::settings const& service);

/// What sources are asked about this login.
auth::login make_login(login_scene const& scene);
std::string explain(auth::verdict const& said);
std::string find_remedy(auth::verdict const& said, auth::credential_source const& source);
bool takes_password(sasl::mechanism_row const& row);

// login_trial_sources.cpp: what becomes of this login.
void tell_name(login_scene& scene);
/// True: a source says yes, as far as a password can tell.
void tell_sources(login_scene& scene);
void tell_logins(login_scene& scene);

}  // namespace postern::admin
