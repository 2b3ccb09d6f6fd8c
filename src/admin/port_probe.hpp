#pragma once
// Purpose: the probe of one port: the steps in their order. The judgements stand in probe_verdict.hpp.
// Concurrency: one coroutine on the loop's thread.
// Limits: as probe.hpp.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sasl/mechanism.hpp"

#include "admin/probe.hpp"
#include "admin/probe_verdict.hpp"
#include "admin/smtp_dialogue.hpp"

namespace postern::admin {

class port_probe {
 public:
  port_probe(net::event_loop& loop, probe_request const& request, probe_port port, probe_listener const& listener);

  /// Tries the addresses one after the other and goes through the steps on the first that answers.
  net::task<> run(std::vector<ip_address> addresses);
  gravity worst() const noexcept { return worst_; }
  bool reached() const noexcept { return reached_; }
  /// The server said that user name or password are wrong: there is no use in trying again.
  bool login_refused() const noexcept { return login_refused_; }

 private:
  net::task<bool> connect(std::vector<ip_address> const& addresses);
  net::task<> converse();
  net::task<bool> greet();
  net::task<bool> say_hello(std::string step);
  net::task<bool> secure();
  net::task<bool> shake_hands();
  net::task<> try_stranger();
  net::task<> try_login();
  sasl::client_credentials credentials() const;
  net::task<smtp_dialogue::reply> log_in(sasl::mechanism_row const& mechanism);
  net::task<> try_user();
  net::task<std::optional<relay_attempt>> attempt_relay(std::string step, std::string sender);

  std::optional<remark> reason_to_withhold_password() const;
  std::string user_address() const;
  void tell(std::string step, remark said);
  void tell(std::string const& step, std::vector<remark> const& said);
  bool tell_broken(std::string step, net::io_failure const& why);

  probe_request const& request_;
  probe_port port_;
  probe_listener const& listener_;
  smtp_dialogue dialogue_;
  std::string hello_;
  offer offer_;
  std::string false_server_;  ///< why the mechanism broke the login off; empty: it did not
  bool reached_ = false;
  bool on_loopback_ = false;
  bool vouched_for_ = false;  ///< the certificate is trusted and fits the host
  bool login_refused_ = false;
  gravity worst_ = gravity::good;
};

}  // namespace postern::admin
