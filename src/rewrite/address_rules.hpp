#pragma once
// Purpose: what becomes of the addresses of a message that comes in, in its envelope and in its headers: completion,
//          canonical, masquerade, virtual aliases, hidden copies. Plain functions over tables and what has been asked
//          already (maps/lookup.hpp).
// Errors: `failed` holds the text for the log; the client is told 451, whatever it was.
// Concurrency: never changes after load(); belongs to one thread.
// Source: ADDRESS_REWRITING_README; canonical(5), virtual(5); *_classes, masquerade_*, always_bcc, *_bcc_maps,
//         receive_override_options, enable_original_recipient of postconf(5).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "policy/address_class.hpp"
#include "policy/message_actions.hpp"
#include "rewrite/address_map.hpp"

namespace postern::rewrite {

/// Where an address stands; a bit each.
enum class address_use : std::uint8_t {
  envelope_sender = 1,
  envelope_recipient = 2,
  header_sender = 4,
  header_recipient = 8,
};

struct address_uses {
  std::uint8_t bits = 0;
  bool has(address_use one) const noexcept { return (bits & static_cast<std::uint8_t>(one)) != 0; }
  static address_uses parse(std::vector<std::string> const& words);
};

struct masquerading {
  std::vector<std::string> domains;  ///< lower case; "!sub.example.com" is left alone
  std::vector<std::string> exceptions;
  address_uses uses;
  std::string apply(std::string address) const;
};

struct canonical_step {
  address_map map;
  address_uses uses;
};

struct address_rules {
  mapping_rules mapping;
  address_completer remote;           ///< for headers of strangers
  bool rewrites_strangers = false;    ///< remote_header_rewrite_domain is set
  bool maps_addresses = true;         ///< not receive_override_options = no_address_mappings
  std::size_t header_words = 10'240;  ///< header_address_token_limit
  canonical_step sender_canonical;
  canonical_step recipient_canonical;
  canonical_step canonical;
  masquerading masquerade;
  address_map virtual_alias;
  expansion_limits limits;
  address_map sender_bcc;
  address_map recipient_bcc;
  std::string always_bcc;
  bool keeps_original = true;  ///< enable_original_recipient

  /// `addresses` must outlive what is made.
  static result<address_rules> load(config::settings const& settings, policy::address_resolver const& addresses);
  std::vector<std::string> table_names() const;
  /// False: an address that is complete stays as it is.
  bool changes_complete_addresses() const noexcept;
};

/// Completion by `completer`, then canonical maps and masquerading for that use.
mapped<std::string> rewrite_address(address_rules const& rules, address_completer const& completer,
                                    std::string_view address, address_use use, maps::answers& known);

struct envelope_recipient {
  std::string address;
  std::string original;  ///< as the client gave it, when it differs and is kept
  std::string orcpt;
  std::uint8_t notify = 0;  ///< bits of queue::notify
  std::string grounds;      ///< "virtual_alias_maps": why a message goes there that its sender did not send there
  friend bool operator==(envelope_recipient const&, envelope_recipient const&) = default;
};

struct rewritten_envelope {
  std::string sender;
  std::vector<envelope_recipient> recipients;
};

/// Why there is none: `what` pending, or failed with the log's text and the reply's status and text.
struct envelope_failure {
  map_failure lookup;
  std::string status;  ///< "4.6.0"
  std::string text;    ///< "Alias expansion error"
};

/// `recipients`: as accepted, `address` completed, `original` as the client gave it. `actions`: redirect and
/// added_recipients count.
std::expected<rewritten_envelope, envelope_failure> rewrite_envelope(address_rules const& rules,
                                                                     std::string_view sender,
                                                                     std::vector<envelope_recipient> recipients,
                                                                     policy::message_actions const& actions,
                                                                     maps::answers& known);

}  // namespace postern::rewrite
