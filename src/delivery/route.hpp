#pragma once
// Purpose: which transport and next hop a recipient's mail goes by. Pure: no DNS, no disk but for relocated_maps.
// Errors: an address that can't be routed goes by the transport `error` (bounces) or `retry` (waits), whose next hop is
//         the enhanced status code and a sentence.
// Source: local_transport, virtual_transport, relay_transport, default_transport, relayhost of postconf(5);
//         ADDRESS_CLASS_README. transport_maps and the sender dependent tables: not supported yet.

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "delivery/relocated.hpp"
#include "policy/address_class.hpp"
#include "queue/manager.hpp"

namespace postern::delivery {

/// "transport:nexthop" split; a bare word is a transport.
struct transport_word {
  std::string transport;
  std::string next_hop;
};
transport_word parse_transport_word(std::string_view text);

struct route_settings {
  transport_word local;
  transport_word virtual_mailbox;
  transport_word relay;
  transport_word remote;  ///< default_transport
  std::string relayhost;
  relocated_addresses relocated;     ///< relocated_maps
  std::string double_bounce_sender;  ///< local mail for it is thrown away: nobody shall answer what cannot be returned
};

class router {
 public:
  static result<router> load(config::settings const& settings);
  /// For address probes: by address_verify_*_transport and address_verify_relayhost.
  static result<router> load_for_probes(config::settings const& settings);
  router(route_settings settings, policy::address_resolver addresses);

  /// `accepted_as`: the class that smtpd found; it counts where a list has a table that this program cannot ask.
  queue::route decide_route(std::string_view recipient,
                            queue::recipient_class accepted_as = queue::recipient_class::remote) const;
  policy::address_class class_of(std::string_view recipient) const { return addresses_.resolve(recipient).klass; }

 private:
  static result<router> make(route_settings out, config::settings const& settings);

  route_settings settings_;
  policy::address_resolver addresses_;
};

}  // namespace postern::delivery
