// Local delivery: aliases, mailboxes, commands and virtual users.
#include "config/parameter_tables.hpp"

namespace postern::config {
namespace {

using enum value_type;

constexpr std::string_view userdb_note = "authd: it knows which accounts exist";

// clang-format off
constexpr parameter rows[] = {
  {"alias_database", list, "hash:/etc/aliases", unbounded, implemented, "Alias files that newaliases rebuilds"},
  {"alias_maps", list, "hash:/etc/aliases, nis:mail.aliases", unbounded, unsupported, "Tables of local aliases"},
  {"allow_mail_to_commands", list, "alias, forward", unbounded, unsupported,
   "Where \"|command\" may stand: alias, forward, include"},
  {"allow_mail_to_files", list, "alias, forward", unbounded, unsupported,
   "Where \"/file\" may stand: alias, forward, include"},
  {"biff", boolean, "yes", unbounded, unsupported_but_for("no"), "Tells comsat(8) about new mail"},
  {"command_execution_directory", raw, "", unbounded, unsupported, "Directory in which commands run"},
  {"command_expansion_filter", text,
   "1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
   at_least(1), unsupported,
   "Characters that may appear in $names of mailbox_command"},
  {"command_time_limit", duration, "1000s", at_least(1), unsupported, "Longest run of a command"},
  {"default_privs", text, "nobody", at_least(1), unsupported,
   "User as which commands and files are written when no user is known"},
  {"deliver_lock_attempts", integer, "20", at_least(1), unsupported, "Tries to lock a mailbox file"},
  {"deliver_lock_delay", duration, "1s", at_least(1), unsupported, "Pause between tries to lock a mailbox file"},
  {"execution_directory_expansion_filter", text,
   "1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
   at_least(1), unsupported,
   "Characters that may appear in $names of command_execution_directory"},
  {"expand_owner_alias", boolean, "no", unbounded, unsupported, "Uses the expansion of owner-NAME as sender"},
  {"export_environment", list, "TZ MAIL_CONFIG LANG", unbounded, unsupported,
   "Environment variables that commands get"},
  {"fallback_transport", text, "", unbounded, unsupported, "Transport of local recipients that are not found"},
  {"fallback_transport_maps", list, "", unbounded, unsupported,
   "Tables of transports for local recipients that are not found"},
  {"forward_expansion_filter", text,
   "1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
   at_least(1), unsupported,
   "Characters that may appear in $names of forward_path"},
  {"forward_path", raw, "$home/.forward${recipient_delimiter}${extension}, $home/.forward", unbounded, unsupported,
   "Where .forward files are looked for"},
  {"frozen_delivered_to", boolean, "yes", unbounded, unsupported,
   "Keeps the Delivered-To: name while aliases are followed"},
  {"home_mailbox", text, "", unbounded, implemented, "Mailbox below the user's home; a final \"/\" means Maildir"},
  {"local_command_shell", text, "", unbounded, unsupported, "Shell that runs commands"},
  {"local_delivery_status_filter", text, "$default_delivery_status_filter", unbounded, unsupported,
   "Table that rewrites delivery status codes and texts"},
  {"local_destination_concurrency_limit", integer, "2", at_least(0), unsupported,
   "Most deliveries to one local user at once"},
  {"local_destination_recipient_limit", integer, "1", at_least(0), unsupported,
   "Most recipients in one local delivery"},
  {"local_login_sender_maps", list, "static:*", unbounded, unsupported,
   "Tables of sender addresses that a local login may use"},
  {"local_recipient_maps", list, "proxy:unix:passwd.byname $alias_maps", unbounded, folded(userdb_note),
   "Tables of the local recipients that exist"},
  {"local_transport", text, "local:$myhostname", at_least(1), implemented, "Transport of mail for mydestination"},
  {"luser_relay", raw, "", unbounded, unsupported, "Who gets mail for local users that do not exist"},
  {"mail_spool_directory", text, "/var/mail", unbounded, implemented,
   "Directory of mailboxes; a final \"/\" means one Maildir a user"},
  {"mailbox_command", raw, "", unbounded, unsupported, "Command that delivers all local mail"},
  {"mailbox_command_maps", list, "", unbounded, unsupported, "Tables of commands by user"},
  {"mailbox_delivery_lock", list, "fcntl, dotlock", at_least(1), unsupported, "How mailbox files are locked"},
  {"mailbox_size_limit", size, "51200000", at_least(0), unsupported_but_for("0"), "Largest mailbox file; 0 for no limit"},
  {"mailbox_transport", text, "", unbounded, unsupported, "Transport that delivers all local mail"},
  {"mailbox_transport_maps", list, "", unbounded, unsupported, "Tables of transports by user"},
  {"owner_request_special", boolean, "yes", unbounded, unsupported,
   "Treats owner-NAME and NAME-request aliases specially"},
  {"pipe_delivery_status_filter", text, "$default_delivery_status_filter", unbounded, unsupported,
   "Table that rewrites delivery status codes and texts of pipe"},
  {"prepend_delivered_header", list, "command, file, forward", unbounded, unsupported,
   "Kinds of delivery that get a Delivered-To: header"},
  {"recipient_delimiter", text, "", unbounded, implemented, "Characters between user name and address extension"},
  {"require_home_directory", boolean, "no", unbounded, unsupported, "Defers mail of users whose home is missing"},
  {"reset_owner_alias", boolean, "no", unbounded, unsupported,
   "Forgets owner-NAME when an alias leads to another alias"},
  {"stale_lock_time", duration, "500s", at_least(1), unsupported, "Age at which a mailbox lock file is ignored"},
  {"strict_mailbox_ownership", boolean, "yes", unbounded, unsupported,
   "Delivers only to mailbox files that the user owns"},
  {"sun_mailtool_compatibility", boolean, "no", unbounded, unsupported, "Locks mailboxes for Sun mailtool"},
  {"virtual_delivery_status_filter", text, "$default_delivery_status_filter", unbounded, unsupported,
   "Table that rewrites delivery status codes and texts of virtual"},
  {"virtual_gid_maps", list, "", unbounded, unsupported, "Tables of group ids by virtual recipient"},
  {"virtual_mailbox_base", text, "", unbounded, unsupported, "Directory in front of all virtual mailboxes"},
  {"virtual_mailbox_domains", list, "$virtual_mailbox_maps", unbounded, implemented,
   "Domains whose recipients are in virtual_mailbox_maps"},
  {"virtual_mailbox_limit", size, "51200000", at_least(0), unsupported, "Largest virtual mailbox file; 0 for no limit"},
  {"virtual_mailbox_lock", list, "fcntl, dotlock", at_least(1), unsupported, "How virtual mailbox files are locked"},
  {"virtual_mailbox_maps", list, "", unbounded, implemented,
   "Tables of virtual recipients and their mailboxes; smtpd asks whether a recipient is there"},
  {"virtual_minimum_uid", integer, "100", at_least(1), unsupported, "Smallest user id that virtual_uid_maps may give"},
  {"virtual_transport", text, "virtual", at_least(1), implemented, "Transport of mail for virtual_mailbox_domains"},
  {"virtual_uid_maps", list, "", unbounded, unsupported, "Tables of user ids by virtual recipient"},
};
// clang-format on

}  // namespace

std::span<parameter const> local_parameters() { return rows; }

}  // namespace postern::config
