// Parameters of Postern's own about abuse: anvil, roaming windows, wrong logins, what accounts may send.
#include "config/parameter_tables.hpp"

namespace postern::config {
namespace {

using enum value_type;

constexpr std::string_view ours = "Postern";

// clang-format off
constexpr parameter rows[] = {
  {"account_country_limit", integer, "3", between(0, 1000), implemented,
   "Countries of account_country_maps an account may send from within account_network_time; 0 for no limit", ours},
  {"account_country_maps", list, "", unbounded, implemented,
   "Tables that give a country, or another word for where it is, for a client's address", ours},
  {"account_day_message_limit", integer, "1000", at_least(0), implemented,
   "Messages an account may send within a day before its mail is held; 0 for no limit", ours},
  {"account_day_new_recipient_limit", integer, "200", at_least(0), implemented,
   "Recipients it never wrote to before an account may write to within a day before its mail is held", ours},
  {"account_day_recipient_limit", integer, "3000", at_least(0), implemented,
   "Recipients an account may write to within a day before its mail is held; 0 for no limit", ours},
  {"account_hour_message_limit", integer, "300", at_least(0), implemented,
   "Messages an account may send within an hour before its mail is held; 0 for no limit", ours},
  {"account_hour_new_recipient_limit", integer, "100", at_least(0), implemented,
   "Recipients it never wrote to before an account may write to within an hour before its mail is held", ours},
  {"account_hour_recipient_limit", integer, "1000", at_least(0), implemented,
   "Recipients an account may write to within an hour before its mail is held; 0 for no limit", ours},
  {"account_known_recipient_time", duration, "90d", at_least(86400), implemented,
   "How long a recipient that an account wrote to is no new one", ours},
  {"account_limit_default_action", enumeration, "accept", one_of("accept|tempfail"), implemented,
   "What becomes of mail of accounts that are not known to be held while anvil is away", ours},
  {"account_limit_exceptions", list, "", unbounded, implemented,
   "Accounts that no account_*_limit holds: those that send to lists", ours},
  {"account_network_limit", integer, "10", between(0, 1000), implemented,
   "Networks (IPv4 /16, IPv6 /32) an account may send from within account_network_time; 0 for no limit", ours},
  {"account_network_time", duration, "1h", at_least(1), implemented,
   "Time that the networks and countries of an account are counted over", ours},
  {"anvil_answer_timeout", duration, "2s", between(1, 60), implemented,
   "How long a session waits for anvil before it goes on without it", ours},
  {"anvil_directory", text, "$data_directory/anvil", at_least(1), implemented,
   "Where anvil keeps roaming windows, held accounts and counts", ours},
  {"login_failure_account_limit", integer, "10", at_least(0), implemented,
   "Wrong logins as one user before the next one waits; 0 for no limit", ours},
  {"login_failure_address_limit", integer, "5", at_least(0), implemented,
   "Wrong logins from one address before the next one waits; 0 for no limit", ours},
  {"login_failure_delay_limit", duration, "30s", between(0, 60), implemented,
   "Longest wait for a login after wrong ones; 0s for none", ours},
  {"login_failure_network_limit", integer, "20", at_least(0), implemented,
   "Wrong logins from one network (IPv4 /24, IPv6 /64) before the next one waits; 0 for no limit", ours},
  {"login_failure_time", duration, "1h", at_least(1), implemented,
   "Time in which the count of wrong logins halves", ours},
  {"login_known_time", duration, "30d", at_least(0), implemented,
   "How long a network is known from which a user logged in; other people's wrong logins cost him nothing there", ours},
  {"roaming_ipv6_prefix", integer, "64", between(16, 128), implemented,
   "Leading bits of an IPv6 address that a roaming window is open for", ours},
  {"roaming_message_rate_limit", integer, "20", at_least(0), implemented,
   "Messages that may pass one roaming window per anvil_rate_time_unit; 0 for no limit", ours},
  {"roaming_sender_check", enumeration, "strict", one_of("strict|none"), implemented,
   "strict: a roaming window admits only senders that its account owns; none: any", ours},
  {"roaming_window", duration, "10m", at_least(1), implemented,
   "How long a login at POP3 or IMAP lets its address send (permit_mail_access)", ours},
  {"smtpd_sasl_message_rate_limit", integer, "$smtpd_client_message_rate_limit", at_least(0), implemented,
   "Messages an account may offer per anvil_rate_time_unit, in place of its address's limit", ours},
  {"smtpd_sasl_recipient_rate_limit", integer, "$smtpd_client_recipient_rate_limit", at_least(0), implemented,
   "Recipients an account may name per anvil_rate_time_unit, in place of its address's limit", ours},
};
// clang-format on

}  // namespace

std::span<parameter const> postern_abuse_parameters() { return rows; }

}  // namespace postern::config
