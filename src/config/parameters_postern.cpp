// Parameters of Postern's own, and those that later Postfix releases have.
#include "config/parameter_tables.hpp"

namespace postern::config {
namespace {

using enum value_type;

constexpr std::string_view postfix_3_9 = "Postfix 3.9";
constexpr std::string_view ours = "Postern";

// clang-format off
constexpr parameter rows[] = {
  {"authd_backend_timeout", duration, "30s", between(1, 3600), implemented,
   "Longest wait for a saslauthd that was asked whether a password is right", ours},
  {"authd_backend_workers", integer, "32", between(1, 256), implemented,
   "Questions to saslauthd, sasldb2 and other sources of Cyrus SASL under way at once", ours},
  {"authd_cache_limit", integer, "10000", at_least(0), implemented,
   "Correct passwords remembered at once; the oldest are forgotten first", ours},
  {"authd_cache_ttl", duration, "600s", between(0, 86400), implemented,
   "How long a correct password is remembered, keyed and in memory; 0s for never", ours},
  {"authd_connection_limit", integer, "1000", at_least(1), implemented,
   "Front ends (smtpd processes and others) connected to authd at once", ours},
  {"authd_exchange_limit", integer, "10000", at_least(1), implemented,
   "Logins under way at once on one front end's connection", ours},
  {"authd_failure_delay", duration, "2s", between(0, 60), implemented,
   "Failed logins are answered this long after the client's last word, or at the next multiple of it", ours},
  {"authd_hash_queue_limit", integer, "1000", at_least(1), implemented,
   "Logins that may wait for a hash worker; further ones are told to try later", ours},
  {"authd_hash_workers", integer, "0", between(0, 256), implemented,
   "Passwords hashed at once; 0 for one a processor", ours},
  {"authd_krb5_host", text, "$myhostname", unbounded, implemented,
   "Only tickets for smtp/HOST of this host are taken (GSSAPI); empty for those of any key in the keytab", ours},
  {"authd_krb5_keytab", text, "", unbounded, implemented,
   "File with this server's Kerberos keys, for GSSAPI; root alone need be able to read it; empty for no GSSAPI", ours},
  {"authd_local_domains", list, "$myhostname, $mydomain, $smtpd_sasl_local_domain", unbounded, implemented,
   "Domains that make no difference in a login name: joe and joe@domain are the same account", ours},
  {"authd_mechanisms", list,
   "scram-sha-512-plus, scram-sha-256-plus, scram-sha-1-plus, scram-sha-512, scram-sha-256, scram-sha-1, gssapi, external, "
   "oauthbearer, xoauth2, plain, login",
   unbounded, implemented, "SASL mechanisms that authd offers, each when there is what it takes", ours},
  {"authd_plaintext_requires_tls", boolean, "$smtpd_tls_auth_only", unbounded, implemented,
   "Refuses mechanisms that show the password unless the front end says that TLS protects it", ours},
  {"authd_request_timeout", duration, "150s", at_least(1), implemented,
   "Longest time between two steps of one login", ours},
  {"authd_store_weak_secrets", list, "", unbounded, implemented,
   "cram-md5, digest-md5: keep what they need, as good as the password itself; from the next login by password on", ours},
  {"device_ca_directory", text, "$config_directory/device-ca", at_least(1), implemented,
   "Where `postern cert` keeps the authority that it makes for device certificates", ours},
  {"graceful_reload_time_limit", duration, "3600s", at_least(1), implemented,
   "How long processes with the old configuration may finish their sessions after a reload", ours},
  {"graceful_stop_time_limit", duration, "30s", at_least(1), implemented,
   "How long programs may finish their work when the server stops", ours},
  {"home_directories", list, "/home", unbounded, implemented,
   "Where the homes of users are; local, in its sandbox, writes to none elsewhere", ours},
  {"milter_header_limit", size, "1048576", at_least(1024), implemented,
   "Octets of a header section that mail filters see, their own changes included; larger messages are refused", ours},
  {"milter_memory_limit", size, "262144", at_least(0), implemented,
   "Octets of a body kept in memory while mail filters look at it; the rest waits in a nameless file", ours},
  {"milter_packet_limit", size, "1048576", between(65536, 1073741823), implemented,
   "Octets of a mail filter's longest answer", ours},
  {"milter_scratch_limit", size, "4294967296", at_least(1048576), implemented,
   "Octets of bodies that wait on disk in one smtpd process while mail filters look at them", ours},
  {"policy_service_connection_limit", integer, "100", at_least(1), implemented,
   "Connections that one smtpd process has open to one policy server; beyond that its default action counts", ours},
  {"resolver_address", list, "", unbounded, implemented,
   "DNS servers to ask, [address]:port; empty for /etc/resolv.conf", ours},
  {"smtpd_anonymize_clients", list,
   "permit_sasl_authenticated, permit_mail_access, permit_tls_clientcerts, permit_tls_all_clientcerts",
   unbounded, implemented,
   "Clients whose mail smtpd_sasl_anonymize is for", ours},
  {"smtpd_forbid_bare_newline", enumeration, "normalize", one_of("no|yes|normalize|note|reject"), implemented,
   "What happens to a line feed that has no carriage return before it: taken, made into a line end, or refused",
   postfix_3_9},
  {"smtpd_forbid_bare_newline_exclusions", list, "$mynetworks", unbounded, implemented,
   "Clients that smtpd_forbid_bare_newline leaves alone", postfix_3_9},
  {"smtpd_forbid_bare_newline_reject_code", integer, "550", between(500, 599), implemented,
   "Reply code of smtpd_forbid_bare_newline = reject", postfix_3_9},
  {"smtpd_sasl_anonymize", list, "yes", unbounded, implemented,
   "Traces of a user that do not leave: yes, no, all, received, origin, message_id, login, mailer, date", ours},
  {"smtpd_sasl_cert_username", list, "email, cn", unbounded, implemented,
   "EXTERNAL: what of a trusted client certificate is the login name, the first that it has: email, cn", ours},
  {"smtpd_sasl_null_sender_from_check", boolean, "yes", unbounded, implemented,
   "Who logged in and sends from <> may only write senders of his own into From:, as smtpd_sender_login_maps has it", ours},
  {"smtpd_session_limit", integer, "10000", at_least(1), implemented,
   "Sessions that one smtpd process serves at once; further clients are told to come back", ours},
  {"smtpd_upstream_proxy_hosts", list, "$mynetworks", unbounded, implemented,
   "Load balancers that smtpd_upstream_proxy_protocol is for; other peers are not served there", ours},
  {"spool_commit_timeout", duration, "60s", at_least(1), implemented,
   "How long a message may wait for the disk before its client is told to try again", ours},
  {"spool_segment_size", size, "67108864", between(1048576, 4294967296), implemented,
   "Size at which smtpd asks the queue for a new spool file", ours},
  {"submit_recipient_limit", integer, "50000", between(1, 1000000), implemented,
   "Recipients of a message that the sendmail command hands in", ours},
};
// clang-format on

}  // namespace

std::span<parameter const> postern_parameters() { return rows; }

}  // namespace postern::config
