#pragma once
// Purpose: everything one service (one master.cf line) of smtpd works with: parameters as plain values, TLS, policy.
// Concurrency: built at start and when stress changes; sessions keep the one they began with.

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "net/tls_context.hpp"
#include "policy/gate.hpp"
#include "policy/match_list.hpp"
#include "policy/reject_footer.hpp"
#include "receive/anvil_settings.hpp"
#include "receive/auth_place.hpp"
#include "receive/balancer_settings.hpp"
#include "receive/content_settings.hpp"
#include "receive/local_submission.hpp"
#include "receive/milter_settings.hpp"
#include "receive/proxy_filter.hpp"
#include "receive/tls_settings.hpp"
#include "sasl/dovecot_auth_protocol.hpp"
#include "sasl/security_options.hpp"
#include "smtp/server_settings.hpp"

namespace postern::receive {

struct service_settings {
  smtp::server_settings protocol;
  policy::gate gate;
  policy::reject_footer footer;
  std::shared_ptr<anvil_settings const> anvil;
  std::shared_ptr<net::tls_context> tls;
  std::string tls_trouble;  ///< why tls is null although the configuration asks for it; empty otherwise

  bool wrapper_mode = false;
  bool soft_bounce = false;                    ///< what would be refused for good is refused for now
  std::chrono::seconds timeout{300};           ///< smtpd_timeout
  std::chrono::seconds starttls_timeout{300};  ///< smtpd_starttls_timeout
  std::chrono::seconds commit_timeout{60};
  content_settings content;
  proxy_settings proxy;  ///< smtpd_proxy_filter
  milter_settings milters;
  local_submission_settings submission;
  balancer_settings balancer;
  int tls_log_level = 0;
  bool ask_client_certificate = false;
  bool require_client_certificate = false;  ///< no session without one that is trusted
  std::string sasl_service = "smtp";
  bool sasl_type_is_dovecot = false;                ///< its option words filter differently from Cyrus's
  result<sasl::security_options> sasl_options;      ///< smtpd_sasl_security_options; a failure: no mechanism passes
  result<sasl::security_options> sasl_tls_options;  ///< smtpd_sasl_tls_security_options
  std::vector<std::string> sasl_troubles;           ///< words of the two that are no option: no mechanism passes
  std::vector<std::string> sasl_mechanism_filter;
  std::vector<std::string> cert_username_fields;  ///< smtpd_sasl_cert_username, "email" and "cn"
  policy::network_match_list sasl_exceptions;     ///< smtpd_sasl_exceptions_networks: AUTH is not offered to these
  bool check_null_sender_from = true;             ///< smtpd_sasl_null_sender_from_check
  std::string recipient_delimiter;
  policy::network_match_list bare_newline_exclusions;  ///< smtpd_forbid_bare_newline_exclusions
  policy::network_match_list debug_peers;              ///< debug_peer_list, its address entries
};

result<std::shared_ptr<service_settings const>> load_service_settings(config::settings const& settings,
                                                                      std::vector<ip_address> const& interfaces,
                                                                      std::shared_ptr<net::tls_context> tls,
                                                                      std::string tls_trouble);

/// What a session's TLS gives to logins.
struct login_means {
  bool channel_bindings = false;
  std::string certificate_user;  ///< whom a client certificate that is trusted names; empty: nobody
};

/// The first of smtpd_sasl_cert_username's fields that the client's certificate has; empty when it is not trusted.
std::string find_certificate_user(service_settings const& settings, net::tls_info const& tls);

/// The mechanisms of `offered` that the two option lists, the filter and the session let through, as EHLO shows them.
smtp::mechanism_offer decide_mechanism_offer(service_settings const& settings,
                                             std::vector<sasl::dovecot::mechanism_offer> const& offered,
                                             login_means const& means = {});

}  // namespace postern::receive
