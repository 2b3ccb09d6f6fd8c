#include "policy/gate_settings.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "policy/own_addresses.hpp"
#include "policy/sender_ownership.hpp"

namespace postern::policy {
namespace {

constexpr unsigned v4_prefix_min = 8;
constexpr unsigned v6_prefix_min = 16;

reply_codes load_codes(config::settings const& settings) {
  reply_codes out;
  struct row {
    int reply_codes::* code;
    char const* parameter;
  };
  for (auto [code, parameter] : {
           row{&reply_codes::reject, "reject_code"},
           row{&reply_codes::defer, "defer_code"},
           row{&reply_codes::access_reject, "access_map_reject_code"},
           row{&reply_codes::access_defer, "access_map_defer_code"},
           row{&reply_codes::invalid_name, "invalid_hostname_reject_code"},
           row{&reply_codes::non_fqdn, "non_fqdn_reject_code"},
           row{&reply_codes::unknown_name, "unknown_hostname_reject_code"},
           row{&reply_codes::unknown_address, "unknown_address_reject_code"},
           row{&reply_codes::unknown_client, "unknown_client_reject_code"},
           row{&reply_codes::relay, "relay_domains_reject_code"},
           row{&reply_codes::plaintext, "plaintext_reject_code"},
           row{&reply_codes::dns_list, "maps_rbl_reject_code"},
           row{&reply_codes::many_recipients, "multi_recipient_bounce_reject_code"},
           row{&reply_codes::unknown_local, "unknown_local_recipient_reject_code"},
           row{&reply_codes::unknown_alias, "unknown_virtual_alias_reject_code"},
           row{&reply_codes::unknown_mailbox, "unknown_virtual_mailbox_reject_code"},
           row{&reply_codes::unknown_relay_recipient, "unknown_relay_recipient_reject_code"},
           row{&reply_codes::unverified_sender, "unverified_sender_reject_code"},
           row{&reply_codes::unverified_sender_defer, "unverified_sender_defer_code"},
           row{&reply_codes::unverified_recipient, "unverified_recipient_reject_code"},
           row{&reply_codes::unverified_recipient_defer, "unverified_recipient_defer_code"},
       }) {
    out.*code = static_cast<int>(settings.integer(parameter));
  }
  return out;
}

tempfail load_tempfail(config::settings const& settings, char const* parameter) {
  return iequals(settings.text(parameter), "defer") ? tempfail::defer : tempfail::defer_if_permit;
}

parameter_tables load_tables(std::string_view parameter, std::vector<std::string> const& names) {
  parameter_tables out;
  auto loaded = maps::map_list::load(parameter, names);
  if (loaded)
    out.tables = std::move(*loaded);
  else
    out.trouble = loaded.error().text;
  return out;
}

// The words that are no tables: accounts and system users are asked for by name, aliases when `local` knows them.
std::vector<std::string> local_recipient_tables(config::settings const& settings, bool& accounts) {
  std::vector<std::string> out;
  auto const aliases = settings.list("alias_maps");
  accounts = false;
  for (auto const& word : settings.list("local_recipient_maps")) {
    if (word.ends_with("unix:passwd.byname")) {
      accounts = true;
    } else if (std::ranges::find(aliases, word) == aliases.end()) {
      out.push_back(word);
    }
  }
  return out;
}

void load_lists(config::settings const& settings, gate_settings& made) {
  struct row {
    restriction_list restriction_lists::* list;
    char const* parameter;
    default_access access;
  };
  for (auto [list, parameter, access] :
       {row{&restriction_lists::client, "smtpd_client_restrictions", aspect::client},
        row{&restriction_lists::helo, "smtpd_helo_restrictions", aspect::helo},
        row{&restriction_lists::sender, "smtpd_sender_restrictions", aspect::sender},
        row{&restriction_lists::relay, "smtpd_relay_restrictions", aspect::recipient},
        row{&restriction_lists::recipient, "smtpd_recipient_restrictions", aspect::recipient},
        row{&restriction_lists::data, "smtpd_data_restrictions", aspect::any},
        row{&restriction_lists::end_of_data, "smtpd_end_of_data_restrictions", aspect::any},
        row{&restriction_lists::etrn, "smtpd_etrn_restrictions", aspect::etrn}}) {
    made.lists.*list = restriction_list::parse(parameter, settings.list(parameter), access, made.sources);
  }
  // compatibility_level 0 makes the default empty, which Postfix then refuses to run with. Who wrote nothing gets the
  // rule of every later level instead (docs/postfix-differences.md); who wrote an empty list is still refused.
  if (!settings.is_set("smtpd_relay_restrictions") && made.lists.relay.empty()) {
    made.lists.relay = restriction_list::parse(
        "smtpd_relay_restrictions", {"permit_mynetworks", "permit_sasl_authenticated", "defer_unauth_destination"},
        aspect::recipient, made.sources);
  }
}

void load_all_tables(config::settings const& settings, gate_settings& made) {
  struct row {
    parameter_tables gate_settings::* tables;
    char const* parameter;
  };
  for (auto [tables, parameter] : {
           row{&gate_settings::relay_certificates, "relay_clientcerts"},
           row{&gate_settings::sender_logins, "smtpd_sender_login_maps"},
           row{&gate_settings::list_replies, "rbl_reply_maps"},
           row{&gate_settings::canonical, "canonical_maps"},
           row{&gate_settings::sender_canonical, "sender_canonical_maps"},
           row{&gate_settings::recipient_canonical, "recipient_canonical_maps"},
           row{&gate_settings::virtual_alias, "virtual_alias_maps"},
           row{&gate_settings::relocated, "relocated_maps"},
           row{&gate_settings::virtual_mailboxes, "virtual_mailbox_maps"},
           row{&gate_settings::relay_recipients, "relay_recipient_maps"},
       }) {
    made.*tables = load_tables(parameter, settings.list(parameter));
  }
  made.local_recipients = load_tables("local_recipient_maps", local_recipient_tables(settings, made.local_accounts));
}

void load_values(config::settings const& settings, gate_settings& made) {
  made.codes = load_codes(settings);
  made.extensions = maps::extension_rules::load(settings);
  made.stress = !settings.text("stress").empty();
  made.null_key = settings.text("smtpd_null_access_lookup_key");
  made.access_subdomains = maps::matches_subdomains(settings, "smtpd_access_maps");
  made.relay_first = settings.boolean("smtpd_relay_before_recipient_restrictions");
  made.delay_reject = settings.boolean("smtpd_delay_reject");
  made.sasl_enabled = settings.boolean("smtpd_sasl_auth_enable");
  made.check_recipients = settings.boolean("smtpd_reject_unlisted_recipient");
  made.check_senders = settings.boolean("smtpd_reject_unlisted_sender");
  made.name_tables = settings.boolean("show_user_unknown_table_name");
  made.proxy_filter = !settings.text("smtpd_proxy_filter").empty();
  made.unknown_name_tempfail = load_tempfail(settings, "unknown_helo_hostname_tempfail_action");
  made.unknown_address_tempfail = load_tempfail(settings, "unknown_address_tempfail_action");
  made.unverified_sender_tempfail = load_tempfail(settings, "unverified_sender_tempfail_action");
  made.unverified_recipient_tempfail = load_tempfail(settings, "unverified_recipient_tempfail_action");
  made.unverified_sender_reason = settings.text("unverified_sender_reject_reason");
  made.unverified_recipient_reason = settings.text("unverified_recipient_reject_reason");
  made.probe_patience =
      settings.duration("address_verify_poll_delay") * (settings.integer("address_verify_poll_count") - 1);
  made.probe_from = probe_sender::load(settings);
  made.double_bounce_sender = settings.text("double_bounce_sender");
  made.list_reply_template = settings.text("default_rbl_reply");
  made.old_dns_lists = settings.list("maps_rbl_domains");
  for (auto const& word : settings.list("smtpd_log_access_permit_actions")) {
    made.logged_permits.push_back(lowercase(word));
  }
}

}  // namespace

bool holds_strangers(ip_network const& network) {
  return network.prefix_bits < (network.address.is_v6() ? v6_prefix_min : v4_prefix_min);
}

result<std::shared_ptr<gate_settings const>> gate_settings::load(config::settings const& settings,
                                                                 std::vector<ip_address> const& interfaces) {
  auto made = std::make_shared<gate_settings>(settings);
  auto addresses = address_resolver::load(settings, interfaces);
  if (!addresses) return std::unexpected(addresses.error());
  made->addresses = std::move(*addresses);
  struct row {
    network_match_list gate_settings::* list;
    char const* parameter;
  };
  for (auto [list, parameter] : {row{&gate_settings::mynetworks, "mynetworks"},
                                 row{&gate_settings::backup_networks, "permit_mx_backup_networks"}}) {
    auto networks = network_match_list::load(parameter, settings.list(parameter));
    if (!networks) return std::unexpected(networks.error());
    (*made).*list = std::move(*networks);
  }
  auto relays = domain_match_list::load("relay_domains", settings.list("relay_domains"),
                                        maps::matches_subdomains(settings, "relay_domains"));
  if (!relays) return std::unexpected(relays.error());
  made->relay_domains = std::move(*relays);
  auto flushed = domain_match_list::load("fast_flush_domains", settings.list("fast_flush_domains"),
                                         maps::matches_subdomains(settings, "fast_flush_domains"));
  if (!flushed) return std::unexpected(flushed.error());
  made->flushed_domains = std::move(*flushed);
  made->own_addresses = find_own_addresses(settings, interfaces);
  load_values(settings, *made);
  load_lists(settings, *made);
  made->ownership = find_ownership_rule(made->lists);
  load_all_tables(settings, *made);
  if (!stops_strangers(made->lists.relay) && !stops_strangers(made->lists.recipient)) {
    return fail(
        "in parameter smtpd_relay_restrictions or smtpd_recipient_restrictions, specify at least one working instance "
        "of: reject_unauth_destination, defer_unauth_destination, reject, defer, defer_if_permit or "
        "check_relay_domains; without one this server would be an open relay, so it does not run");
  }
  return made;
}

std::vector<restriction_list const*> gate_settings::all_lists() const {
  return {&lists.client,    &lists.helo, &lists.sender,      &lists.relay,
          &lists.recipient, &lists.data, &lists.end_of_data, &lists.etrn};
}

std::vector<parameter_tables const*> gate_settings::all_tables() const {
  return {&relay_certificates, &sender_logins,       &list_replies,    &canonical,
          &sender_canonical,   &recipient_canonical, &virtual_alias,   &relocated,
          &local_recipients,   &virtual_mailboxes,   &relay_recipients};
}

std::vector<std::string> gate_settings::table_names() const {
  auto out = sources.table_names();
  for (auto const* tables : all_tables()) {
    auto names = tables->tables.names();
    std::ranges::move(names, std::back_inserter(out));
  }
  return out;
}

std::vector<std::string> gate_settings::service_endpoints() const {
  std::vector<std::string> out;
  auto lists_and_classes = all_lists();
  std::ranges::copy(sources.classes(), std::back_inserter(lists_and_classes));
  for (auto const* list : lists_and_classes) {
    for (auto const& one : list->restrictions()) {
      if (one.service) out.push_back(one.service->endpoint);
    }
  }
  return out;
}

std::vector<std::string> gate_settings::problems() const {
  std::vector<std::string> out;
  for (auto const* list : all_lists()) {
    auto more = list->problems();
    std::ranges::move(more, std::back_inserter(out));
  }
  for (auto const* tables : all_tables()) {
    if (!tables->trouble.empty()) out.push_back(tables->trouble);
  }
  for (auto const& network : mynetworks.positive_networks()) {
    if (holds_strangers(network)) {
      out.push_back(
          fmt::format("mynetworks: {} holds strangers; permit_mynetworks does not let it relay. Name your own networks",
                      network.text()));
    }
  }
  return out;
}

}  // namespace postern::policy
