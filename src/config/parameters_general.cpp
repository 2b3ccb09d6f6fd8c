// What all programs share: names, networks, directories, logs, processes.
#include "config/parameter_tables.hpp"

namespace postern::config {
namespace {

using enum value_type;

constexpr std::string_view event_note = "masterd: programs serve many clients from one process and are watched";
constexpr std::string_view ipc_note = "the programs keep one connection to each other and every request has a deadline";
constexpr std::string_view log_note = "each program writes its log through a descriptor from masterd";
constexpr std::string_view maps_note = "the table reader sizes its buffers itself";
constexpr std::string_view masterd_note = "masterd: it supervises with its own back-off";
constexpr std::string_view postscreen_note = "postscreen has no counterpart; smtpd takes its clients itself";
constexpr std::string_view proxymap_note = "each program opens its tables itself before it enters its sandbox";
constexpr std::string_view rewrite_note = "smtpd resolves recipients, qmgr chooses transport and next hop";
constexpr std::string_view scache_note = "smtp keeps open connections in the process that made them";

// clang-format off
constexpr parameter rows[] = {
  {"alternate_config_directories", list, "", unbounded, unsupported,
   "Other configuration directories that set-group-id programs may use"},
  {"anvil_rate_time_unit", duration, "60s", at_least(1), implemented, "Time that client rates are counted over"},
  {"anvil_status_update_time", duration, "600s", at_least(1), implemented, "How often the highest rates are logged"},
  {"application_event_drain_time", duration, "100s", at_least(1), folded(masterd_note),
   "Time a server gets to finish after its clients are gone"},
  {"authorized_flush_users", list, "static:anyone", unbounded, unsupported, "Users who may flush the queue"},
  {"authorized_mailq_users", list, "static:anyone", unbounded, unsupported, "Users who may list the queue"},
  {"authorized_submit_users", list, "static:anyone", unbounded, implemented,
   "Users who may send with the sendmail command"},
  {"berkeley_db_create_buffer_size", integer, "16777216", at_least(1), folded(maps_note),
   "Memory for writing Berkeley DB tables"},
  {"berkeley_db_read_buffer_size", integer, "131072", at_least(1), folded(maps_note),
   "Memory for reading Berkeley DB tables"},
  {"command_directory", text, "/usr/sbin", at_least(1), folded("the programs find each other beside themselves"), "Directory of administration commands"},
  {"compatibility_level", text, "0", unbounded, implemented, "Release whose default values are kept, such as 2 or 3.6"},
  {"config_directory", text, "/etc/postfix", at_least(1), implemented, "Directory of main.cf and master.cf"},
  {"connection_cache_protocol_timeout", duration, "5s", at_least(1), folded(scache_note),
   "Longest wait for the connection cache"},
  {"connection_cache_service_name", text, "scache", at_least(1), folded(scache_note),
   "Service that keeps open connections"},
  {"connection_cache_status_update_time", duration, "600s", at_least(1), folded(scache_note),
   "How often the connection cache logs its use"},
  {"connection_cache_ttl_limit", duration, "2s", at_least(1), folded(scache_note),
   "Longest time that a connection is kept"},
  {"daemon_directory", text, "/usr/lib/postfix/sbin", at_least(1), folded("the programs find each other beside themselves"), "Directory of the server programs"},
  {"daemon_table_open_error_is_fatal", boolean, "no", unbounded, unsupported,
   "Ends a program when a table cannot be opened"},
  {"daemon_timeout", duration, "18000s", at_least(1), folded(event_note), "Time after which a stuck program is ended"},
  {"data_directory", text, "/var/lib/postfix", at_least(1), implemented,
   "Directory of what programs keep, such as the account database"},
  {"debug_peer_level", integer, "2", at_least(1), unsupported, "How much more is logged for hosts in debug_peer_list"},
  {"debug_peer_list", list, "", unbounded, implemented, "Hosts and networks whose dialogue is logged"},
  {"debugger_command", text, "", unbounded, unsupported, "Command run when a program is started with -D"},
  {"default_database_type", text, "hash", at_least(1), implemented, "Table type when none is named"},
  {"default_process_limit", integer, "100", at_least(1), implemented,
   "Most processes of a service whose master.cf entry has \"-\""},
  {"dnsblog_reply_delay", duration, "0s", at_least(0), unsupported, "Delays DNS answers on purpose in tests"},
  {"dnsblog_service_name", text, "dnsblog", at_least(1), folded(postscreen_note), "Service that asks DNS block lists"},
  {"enable_idna2003_compatibility", boolean, "no", unbounded, unsupported, "Converts names by the rules of 2003"},
  {"fork_attempts", integer, "5", at_least(1), folded(masterd_note), "Tries to start a process"},
  {"fork_delay", duration, "1s", at_least(1), folded(masterd_note), "Pause between tries to start a process"},
  {"html_directory", text, "/usr/share/doc/postfix/html", at_least(1), folded("the programs find each other beside themselves"),
   "Directory of manual pages as HTML"},
  {"import_environment", list,
   "MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ XAUTHORITY DISPLAY LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME",
   unbounded, implemented,
   "Environment variables that programs keep"},
  {"inet_interfaces", list, "all", unbounded, implemented,
   "Addresses that are listened on and count as ours: all, loopback-only, or a list"},
  {"inet_protocols", list, "all", unbounded, implemented, "Address families in use: all, ipv4, ipv6"},
  {"info_log_address_format", enumeration, "external", one_of("external|internal"), unsupported,
   "Whether addresses in the log are quoted"},
  {"ipc_idle", duration, "5s", at_least(1), folded(ipc_note),
   "Idle time after which a connection between programs is closed"},
  {"ipc_timeout", duration, "3600s", at_least(1), folded(ipc_note), "Longest wait for another program"},
  {"ipc_ttl", duration, "1000s", at_least(1), folded(ipc_note),
   "Age after which a connection between programs is closed"},
  {"known_tcp_ports", list, "lmtp=24, smtp=25, smtps=submissions=465, submission=587", unbounded, implemented,
   "Port numbers of service names"},
  {"lmdb_map_size", size, "16777216", at_least(1), unsupported, "First size of LMDB tables"},
  {"mail_name", text, "Postfix", at_least(1), implemented, "Name of the mail system in greetings and headers"},
  {"mail_owner", text, "postfix", at_least(1), implemented, "User that owns the queue and runs most programs"},
  {"mail_release_date", text, "20240304", at_least(1), unsupported,
   "Date of the Postfix release whose parameters are used"},
  {"mail_version", text, "3.7.11", at_least(1), implemented, "Postfix release whose parameters are used"},
  {"maillog_file", text, "", unbounded, implemented,
   "File that is logged to instead of syslog; /dev/stdout for a foreground server"},
  {"maillog_file_compressor", text, "gzip", at_least(1), unsupported, "Command that compresses rotated logs"},
  {"maillog_file_prefixes", list, "/var, /dev/stdout", at_least(1), implemented, "Where maillog_file may lie"},
  {"maillog_file_rotate_suffix", text, "%Y%m%d-%H%M%S", at_least(1), unsupported, "Suffix of rotated logs"},
  {"mailq_path", text, "/usr/bin/mailq", at_least(1), folded("the programs find each other beside themselves"), "The mailq command"},
  {"manpage_directory", text, "/usr/share/man", at_least(1), folded("the programs find each other beside themselves"), "Directory of manual pages"},
  {"master_service_disable", list, "", unbounded, unsupported,
   "Services of master.cf that are not started: name.type or type"},
  {"meta_directory", text, "/etc/postfix", at_least(1), folded("the programs find each other beside themselves"), "Directory of files about the installation"},
  {"multi_instance_directories", list, "", unbounded, unsupported, "Configuration directories of further instances"},
  {"multi_instance_enable", boolean, "no", unbounded, unsupported, "Lets postmulti(1) start this instance"},
  {"multi_instance_group", text, "", unbounded, unsupported, "Group of this instance"},
  {"multi_instance_name", text, "", unbounded, implemented, "Name of this instance, part of syslog_name"},
  {"multi_instance_wrapper", text, "", unbounded, unsupported, "Command that runs all instances"},
  {"mydestination", list, "$myhostname, localhost.$mydomain, localhost", unbounded, implemented,
   "Domains whose mail is delivered here"},
  {"mydomain", text, "", at_least(1), implemented, "Our domain; found by dropping the first label of myhostname"},
  {"myhostname", text, "", at_least(1), implemented, "Our fully qualified host name"},
  {"mynetworks", list, "", unbounded, implemented, "Clients that permit_mynetworks trusts"},
  {"mynetworks_style", enumeration,
   "${{$compatibility_level} <level {2} ? {subnet} : {host}}",
   one_of("class|subnet|host"), implemented,
   "How mynetworks is found when it is not set"},
  {"myorigin", text, "$myhostname", at_least(1), implemented, "Domain put behind addresses that have none"},
  {"newaliases_path", text, "/usr/bin/newaliases", at_least(1), folded("the programs find each other beside themselves"), "The newaliases command"},
  {"pickup_service_name", text, "pickup", at_least(1), implemented,
   "Service that takes mail from the sendmail command"},
  {"postlog_service_name", text, "postlog", at_least(1), folded(log_note), "Service that writes maillog_file"},
  {"postlogd_watchdog_timeout", duration, "10s", at_least(10), folded(log_note),
   "Time after which a stuck log writer is ended"},
  {"postmulti_control_commands", list, "reload flush", unbounded, unsupported,
   "Commands that postmulti(1) runs for every instance"},
  {"postmulti_start_commands", list, "start", unbounded, unsupported, "Commands that start an instance"},
  {"postmulti_stop_commands", list, "stop abort drain quick-stop", unbounded, unsupported,
   "Commands that stop an instance"},
  {"process_id", text, "", unbounded, implemented, "This program's process id"},
  {"process_id_directory", text, "pid", at_least(1), folded("masterd keeps its pid file in queue_directory/pid"), "Directory of lock files below queue_directory"},
  {"process_name", text, "", unbounded, implemented, "This program's name"},
  {"proxy_interfaces", list, "", unbounded, implemented, "Addresses at which we are reached through a translator"},
  {"proxy_read_maps", list,
   "$local_recipient_maps $mydestination $virtual_alias_maps $virtual_alias_domains "
   "$virtual_mailbox_maps $virtual_mailbox_domains $relay_recipient_maps $relay_domains $canonical_maps "
   "$sender_canonical_maps $recipient_canonical_maps $relocated_maps $transport_maps $mynetworks "
   "$smtpd_sender_login_maps $sender_bcc_maps $recipient_bcc_maps $smtp_generic_maps $lmtp_generic_maps "
   "$alias_maps $smtpd_client_restrictions $smtpd_helo_restrictions $smtpd_sender_restrictions "
   "$smtpd_relay_restrictions $smtpd_recipient_restrictions "
   "$address_verify_sender_dependent_default_transport_maps "
   "$address_verify_sender_dependent_relayhost_maps $address_verify_transport_maps "
   "$fallback_transport_maps $lmtp_discard_lhlo_keyword_address_maps $lmtp_pix_workaround_maps "
   "$lmtp_sasl_password_maps $lmtp_tls_policy_maps $mailbox_command_maps $mailbox_transport_maps "
   "$postscreen_discard_ehlo_keyword_address_maps $rbl_reply_maps "
   "$sender_dependent_default_transport_maps $sender_dependent_relayhost_maps "
   "$smtp_discard_ehlo_keyword_address_maps $smtp_pix_workaround_maps $smtp_sasl_password_maps "
   "$smtp_tls_policy_maps $smtpd_discard_ehlo_keyword_address_maps $smtpd_milter_maps $virtual_gid_maps "
   "$virtual_uid_maps $local_login_sender_maps $postscreen_reject_footer_maps $smtpd_reject_footer_maps "
   "$tls_server_sni_maps $tlsproxy_client_policy_maps $default_delivery_status_filter "
   "$lmtp_delivery_status_filter $lmtp_dns_reply_filter $lmtp_reply_filter "
   "$local_delivery_status_filter $pipe_delivery_status_filter $postscreen_command_filter "
   "$smtp_delivery_status_filter $smtp_dns_reply_filter $smtp_reply_filter $smtpd_command_filter "
   "$smtpd_dns_reply_filter $virtual_delivery_status_filter $body_checks $header_checks "
   "$lmtp_body_checks $lmtp_header_checks $lmtp_mime_header_checks $lmtp_nested_header_checks "
   "$milter_header_checks $mime_header_checks $nested_header_checks $smtp_body_checks "
   "$smtp_header_checks $smtp_mime_header_checks $smtp_nested_header_checks",
   unbounded, folded(proxymap_note),
   "Tables that the table server may read for others"},
  {"proxy_write_maps", list,
   "$smtp_sasl_auth_cache_name $lmtp_sasl_auth_cache_name $address_verify_map $postscreen_cache_map",
   unbounded, folded(proxymap_note),
   "Tables that the table server may write for others"},
  {"proxymap_service_name", text, "proxymap", at_least(1), folded(proxymap_note),
   "Service that reads tables for others"},
  {"proxywrite_service_name", text, "proxywrite", at_least(1), folded(proxymap_note),
   "Service that writes tables for others"},
  {"readme_directory", text, "/usr/share/doc/postfix", at_least(1), folded("the programs find each other beside themselves"), "Directory of documentation"},
  {"relay_domains", list, "${{$compatibility_level} <level {2} ? {$mydestination} : {}}", unbounded, implemented,
   "Domains elsewhere that we take mail for"},
  {"relay_recipient_maps", list, "", unbounded, implemented, "Tables of the recipients in relay_domains"},
  {"respectful_logging", boolean, "${{$compatibility_level} <level {3.6} ? {no} : {yes}}", unbounded, unsupported,
   "Says allowlist and denylist in the log"},
  {"rewrite_service_name", text, "rewrite", at_least(1), folded(rewrite_note),
   "Service that rewrites and resolves addresses"},
  {"sample_directory", text, "/etc/postfix", at_least(1), folded("the programs find each other beside themselves"), "Directory of example files"},
  {"sendmail_fix_line_endings", enumeration, "always", one_of("always|strict|never"), implemented,
   "Which line ends the sendmail command turns into ours"},
  {"sendmail_path", text, "/usr/sbin/sendmail", at_least(1), folded("the programs find each other beside themselves"), "The sendmail command"},
  {"service_name", text, "", unbounded, implemented, "Name of the master.cf service that runs"},
  {"service_throttle_time", duration, "60s", at_least(1), implemented,
   "Pause before a failing service is started again"},
  {"setgid_group", text, "postdrop", at_least(1), implemented, "Group of commands that put mail into the queue"},
  {"shlib_directory", text, "/usr/lib/postfix", at_least(1), folded("the programs find each other beside themselves"), "Directory of shared libraries"},
  {"syslog_facility", text, "mail", at_least(1), implemented, "Facility of syslog lines"},
  {"syslog_name", text, "${multi_instance_name?{$multi_instance_name}:{postfix}}", at_least(1), implemented,
   "Name in front of the program's name in syslog lines"},
  {"tcp_windowsize", integer, "0", at_least(0), unsupported, "TCP window size that is forced; 0 for the system's own"},
  {"trigger_timeout", duration, "10s", at_least(1), folded(ipc_note), "Longest wait to wake another program"},
};
// clang-format on

}  // namespace

std::span<parameter const> general_parameters() { return rows; }

}  // namespace postern::config
