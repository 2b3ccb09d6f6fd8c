#include "receive/content_settings.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "policy/own_addresses.hpp"

namespace postern::receive {
namespace {

constexpr char const* table_parameters[] = {
    "header_checks",   "mime_header_checks",    "nested_header_checks",         "body_checks",
    "canonical_maps",  "sender_canonical_maps", "recipient_canonical_maps",     "virtual_alias_maps",
    "sender_bcc_maps", "recipient_bcc_maps",    "local_header_rewrite_clients", "smtpd_anonymize_clients",
};

bool says(std::vector<std::string> const& words, std::string_view wanted) {
  return std::ranges::any_of(words, [wanted](auto const& one) { return iequals(one, wanted); });
}

}  // namespace

result<content_settings> load_content_settings(config::settings const& settings,
                                               std::vector<ip_address> const& interfaces,
                                               policy::address_resolver const& addresses) {
  content_settings made;
  made.hop_count_limit = static_cast<std::uint32_t>(settings.integer("hopcount_limit"));
  made.header_field_limit = static_cast<std::size_t>(settings.integer("header_size_limit"));
  made.line_limit = static_cast<std::size_t>(settings.integer("line_length_limit"));
  made.dropped_headers = settings.list("message_drop_headers");
  for (auto& name : made.dropped_headers) name = lowercase(name);
  made.add_missing_headers = settings.boolean("always_add_missing_headers");
  made.tls_received_header = settings.boolean("smtpd_tls_received_header");
  made.authenticated_header = settings.boolean("smtpd_sasl_authenticated_header");
  made.undisclosed_recipients = settings.text("undisclosed_recipients_header");
  made.own_addresses = policy::find_own_addresses(settings, interfaces);
  made.checks_content = !says(settings.list("receive_override_options"), "no_header_body_checks");
  made.content_filter = settings.text("content_filter");
  made.default_filter_next_hop = settings.text("default_filter_nexthop");
  made.strict = rewrite::strictness::load(settings);
  auto privacy = rewrite::privacy_profile::parse(settings.list("smtpd_sasl_anonymize"));
  if (!privacy) return std::unexpected(privacy.error());
  made.privacy = *privacy;
  struct row {
    client_classes content_settings::* classes;
    char const* parameter;
  };
  for (auto const [classes, parameter] : {row{&content_settings::anonymous_clients, "smtpd_anonymize_clients"},
                                          row{&content_settings::local_clients, "local_header_rewrite_clients"}}) {
    auto loaded = client_classes::load(parameter, settings.list(parameter));
    if (!loaded) return std::unexpected(loaded.error());
    made.*classes = std::move(*loaded);
  }
  if (made.checks_content) {
    auto checks = rewrite::content_checks::load(settings, "");
    if (!checks) return std::unexpected(checks.error());
    made.checks = std::move(*checks);
  }
  auto rules = rewrite::address_rules::load(settings, addresses);
  if (!rules) return std::unexpected(rules.error());
  made.addresses = std::move(*rules);
  return made;
}

void ask_for_content_tables(config::settings const& settings, os::sandbox_rules& rules) {
  for (auto const* parameter : table_parameters) {
    for (auto const& word : settings.list(parameter)) maps::ask_for_table(word, rules);
  }
  // By these it is known whose an address is; their entries may be negated.
  for (auto const* parameter : {"mydestination", "virtual_alias_domains", "virtual_mailbox_domains", "relay_domains"}) {
    for (std::string_view word : settings.list(parameter)) {
      if (word.starts_with('!')) word.remove_prefix(1);
      maps::ask_for_table(word, rules);
    }
  }
}

}  // namespace postern::receive
