#include "rewrite/address_rules.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "message/address.hpp"

namespace postern::rewrite {
namespace {

struct use_row {
  std::string_view word;
  address_use use;
};
constexpr use_row uses[] = {
    {"envelope_sender", address_use::envelope_sender},
    {"envelope_recipient", address_use::envelope_recipient},
    {"header_sender", address_use::header_sender},
    {"header_recipient", address_use::header_recipient},
};

bool is_sender(address_use use) { return use == address_use::envelope_sender || use == address_use::header_sender; }

std::vector<std::string> lowercase_all(std::vector<std::string> words) {
  for (auto& word : words) word = lowercase(word);
  return words;
}

bool says(std::vector<std::string> const& words, std::string_view wanted) {
  return std::ranges::any_of(words, [wanted](auto const& one) { return iequals(one, wanted); });
}

}  // namespace

address_uses address_uses::parse(std::vector<std::string> const& words) {
  address_uses out;
  for (auto const& row : uses) {
    if (says(words, row.word)) out.bits |= static_cast<std::uint8_t>(row.use);
  }
  return out;
}

std::string masquerading::apply(std::string address) const {
  auto const parts = message::split_address(address);
  if (parts.domain.empty() || says(exceptions, parts.local_part)) return address;
  for (auto const& entry : domains) {
    bool const spared = entry.starts_with('!');
    auto const domain = std::string_view(entry).substr(spared ? 1 : 0);
    bool const below = parts.domain.size() > domain.size() && parts.domain.ends_with(domain) &&
                       parts.domain[parts.domain.size() - domain.size() - 1] == '.';
    if (!below && parts.domain != domain) continue;
    return spared || !below ? address : message::format_address(parts.local_part, domain);
  }
  return address;
}

result<address_rules> address_rules::load(config::settings const& settings, policy::address_resolver const& addresses) {
  address_rules made;
  made.mapping.local = address_completer::load(settings);
  made.mapping.extensions = maps::extension_rules::load(settings);
  made.mapping.addresses = &addresses;
  made.mapping.origin = lowercase(settings.text("myorigin"));
  made.remote = address_completer::load_remote(settings);
  made.rewrites_strangers = !settings.text("remote_header_rewrite_domain").empty();
  made.header_words = static_cast<std::size_t>(settings.integer("header_address_token_limit"));
  made.keeps_original = settings.boolean("enable_original_recipient");
  made.always_bcc = settings.text("always_bcc");
  made.maps_addresses = !says(settings.list("receive_override_options"), "no_address_mappings");
  struct row {
    address_map* map;
    char const* parameter;
    char const* extension_class;
  };
  for (auto const [map, parameter, extension_class] :
       {row{&made.sender_canonical.map, "sender_canonical_maps", "canonical"},
        row{&made.recipient_canonical.map, "recipient_canonical_maps", "canonical"},
        row{&made.canonical.map, "canonical_maps", "canonical"},
        row{&made.virtual_alias, "virtual_alias_maps", "virtual"}, row{&made.sender_bcc, "sender_bcc_maps", "bcc"},
        row{&made.recipient_bcc, "recipient_bcc_maps", "bcc"}}) {
    auto loaded = address_map::load(settings, parameter, extension_class);
    if (!loaded) return std::unexpected(loaded.error());
    *map = std::move(*loaded);
  }
  made.sender_canonical.uses = address_uses::parse(settings.list("sender_canonical_classes"));
  made.recipient_canonical.uses = address_uses::parse(settings.list("recipient_canonical_classes"));
  made.canonical.uses = address_uses::parse(settings.list("canonical_classes"));
  made.masquerade = {lowercase_all(settings.list("masquerade_domains")),
                     lowercase_all(settings.list("masquerade_exceptions")),
                     address_uses::parse(settings.list("masquerade_classes"))};
  made.limits = {static_cast<std::size_t>(settings.integer("virtual_alias_expansion_limit")),
                 static_cast<std::size_t>(settings.integer("virtual_alias_recursion_limit")),
                 static_cast<std::size_t>(settings.integer("virtual_alias_address_length_limit"))};
  return made;
}

std::vector<std::string> address_rules::table_names() const {
  std::vector<std::string> out;
  for (auto const* map :
       {&sender_canonical.map, &recipient_canonical.map, &canonical.map, &virtual_alias, &sender_bcc, &recipient_bcc}) {
    std::ranges::move(map->tables.names(), std::back_inserter(out));
  }
  return out;
}

bool address_rules::changes_complete_addresses() const noexcept {
  bool const maps =
      !sender_canonical.map.tables.empty() || !recipient_canonical.map.tables.empty() || !canonical.map.tables.empty();
  return maps_addresses && (maps || !masquerade.domains.empty());
}

mapped<std::string> rewrite_address(address_rules const& rules, address_completer const& completer,
                                    std::string_view address, address_use use, maps::answers& known) {
  if (!rules.changes_complete_addresses() && completer.is_complete(address)) return std::string(address);
  mapped<std::string> at = completer.complete(address);
  if (!rules.maps_addresses || at->empty()) return at;
  auto const& own = is_sender(use) ? rules.sender_canonical : rules.recipient_canonical;
  for (auto const* step : {&own, &rules.canonical}) {
    if (!step->uses.has(use)) continue;
    at = map_one(step->map, std::move(*at), rules.mapping, known);
    if (!at) return at;
  }
  if (rules.masquerade.uses.has(use)) at = rules.masquerade.apply(std::move(*at));
  return at;
}

}  // namespace postern::rewrite
