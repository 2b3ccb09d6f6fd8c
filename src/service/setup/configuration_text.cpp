#include <fmt/format.h>

#include "service/setup/initial_setup.hpp"

namespace postern::service::setup {
namespace {

constexpr std::string_view main_cf_head =
    R"(# Postern's configuration, in Postfix's language: name = value; $name stands for another value.
# What stands here is safe as it is. To learn more:
#   postern conf --explain NAME    what a parameter means and where its value comes from
#   postern check                  errors and risks, with the line and the remedy
#   postern reload                 takes over what you changed; no session is cut

compatibility_level = 3.6

# The name of this server, as other mail servers know it. Unset: what the machine calls itself.
)";

constexpr std::string_view main_cf_identity = R"(
# Mail for these domains is delivered here, to the accounts of `postern user`.
mydestination = $myhostname, localhost.$mydomain, localhost

# Who may send to the world: whoever logs in, from any network. No address is trusted by itself.
mynetworks =
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions =

# Logins: checked by authd, offered under TLS only.
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_sasl_security_options = noanonymous
broken_sasl_auth_clients = yes
smtpd_tls_auth_only = yes

# Logging in at a relay (smtp_sasl_auth_enable, smtp_sasl_password_maps): under TLS a password may be shown.
smtp_sasl_tls_security_options = noanonymous

# The home address and the name of a sender's machine do not leave with the mail.
smtpd_sasl_anonymize = yes

# TLS. The certificate was made by `postern init`: clients must be told to trust it. For one that they trust already
# (Let's Encrypt, for example) point these two at its files, then: postern reload
smtpd_tls_security_level = may
smtpd_tls_cert_file = $config_directory/tls/cert.pem
smtpd_tls_key_file = $config_directory/tls/key.pem
smtpd_tls_received_header = yes
smtpd_tls_loglevel = 1

# Mail to other servers is encrypted whenever they can.
smtp_tls_security_level = may

# The name in log lines. Log scanners made for Postfix look for "postfix".
syslog_name = postern
)";

constexpr std::string_view master_cf_head =
    R"(# Which program listens where. The programs behind them (authd, qmgr, smtp, local) need no line.
# An inet service is PORT or HOST:PORT; -o gives one service its own value of a parameter of main.cf.
#
# service      type  private unpriv chroot wakeup maxproc command
)";

constexpr std::string_view submission_options =
    R"(  -o smtpd_tls_security_level=encrypt
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
)";

std::string service_name(setup_request const& request, std::uint16_t port, std::string_view well_known) {
  std::string name(well_known);
  if (name.empty() || !request.address.empty()) name = std::to_string(port);
  if (request.address.empty()) return name;
  bool v6 = request.address.find(':') != std::string::npos;
  return (v6 ? "[" + request.address + "]:" : request.address + ":") + name;
}

std::string service_line(std::string const& name) {
  return fmt::format("{:<14} inet  n       -      n      -      -       smtpd\n", name);
}

}  // namespace

std::string format_main_cf(setup_request const& request) {
  std::string text(main_cf_head);
  text += request.host_name.empty() ? "#myhostname = mail.example.com\n" : "myhostname = " + request.host_name + "\n";
  text += main_cf_identity;
  if (request.private_dir.empty()) {
    text += fmt::format(
        "\n# Where things are kept, and the user that the programs become.\n"
        "queue_directory = /var/spool/postern\n"
        "data_directory = /var/lib/postern/data\n"
        "mail_spool_directory = /var/lib/postern/mail/\n"
        "mail_owner = {}\n"
        "setgid_group = {}\n",
        request.mail_owner, request.mail_owner);
  } else {
    text += fmt::format(
        "\n# This is a private directory: queue, accounts and mail lie in it whatever is said here.\n"
        "mail_spool_directory = {}/mail/\n",
        request.private_dir);
  }
  return text;
}

std::string format_master_cf(setup_request const& request) {
  auto [mx, submission, submissions] = request.ports;
  std::string text(master_cf_head);
  text += "# Mail from other servers, to our own domains.\n";
  text += service_line(service_name(request, mx, mx == 25 ? "smtp" : ""));
  text += "# Mail from our users: STARTTLS, then a login.\n";
  text += service_line(service_name(request, submission, submission == 587 ? "submission" : ""));
  text += "  -o syslog_name=postern/submission\n";
  text += submission_options;
  text += "# The same with TLS from the first octet. [RFC 8314 §3.3]\n";
  text += service_line(service_name(request, submissions, submissions == 465 ? "submissions" : ""));
  text += "  -o syslog_name=postern/submissions\n  -o smtpd_tls_wrappermode=yes\n";
  text += submission_options;
  text +=
      "\n# The sendmail command hands mail in here.\npickup     unix  n       -       n       60      1       pickup\n";
  return text;
}

}  // namespace postern::service::setup
