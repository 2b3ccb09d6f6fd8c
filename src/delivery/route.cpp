#include "delivery/route.hpp"

#include "base/text.hpp"
#include "delivery/smtp_settings.hpp"
#include "dns/record.hpp"
#include "message/address.hpp"
#include "os/interfaces.hpp"

namespace postern::delivery {
namespace {

using policy::address_class;

queue::route error(std::string text) { return {"error", std::move(text)}; }

queue::route through(transport_word const& word, std::string const& otherwise) {
  return {word.transport, word.next_hop.empty() ? otherwise : word.next_hop};
}

bool is_deliverable_domain(std::string_view domain) {
  return dns::is_host_name(domain) || message::is_valid_address_literal(domain);
}

address_class class_when_accepted(queue::recipient_class klass) {
  switch (klass) {
    case queue::recipient_class::local:
      return address_class::local;
    case queue::recipient_class::virtual_mailbox:
      return address_class::virtual_mailbox;
    case queue::recipient_class::relay:
      return address_class::relay;
    case queue::recipient_class::remote:
      break;
  }
  return address_class::remote;
}

}  // namespace

transport_word parse_transport_word(std::string_view text) {
  auto colon = text.find(':');
  if (colon == std::string_view::npos) return {std::string(trim(text)), {}};
  return {std::string(trim(text.substr(0, colon))), lowercase(trim(text.substr(colon + 1)))};
}

result<router> router::load(config::settings const& settings) {
  route_settings out;
  out.local = parse_transport_word(settings.text("local_transport"));
  out.virtual_mailbox = parse_transport_word(settings.text("virtual_transport"));
  out.relay = parse_transport_word(settings.text("relay_transport"));
  out.remote = parse_transport_word(settings.text("default_transport"));
  out.relayhost = lowercase(settings.text("relayhost"));
  return make(std::move(out), settings);
}

result<router> router::load_for_probes(config::settings const& settings) {
  route_settings out;
  out.local = parse_transport_word(settings.text("address_verify_local_transport"));
  out.virtual_mailbox = parse_transport_word(settings.text("address_verify_virtual_transport"));
  out.relay = parse_transport_word(settings.text("address_verify_relay_transport"));
  out.remote = parse_transport_word(settings.text("address_verify_default_transport"));
  out.relayhost = lowercase(settings.text("address_verify_relayhost"));
  return make(std::move(out), settings);
}

result<router> router::make(route_settings out, config::settings const& settings) {
  out.relocated = relocated_addresses::load(settings);
  auto addresses = policy::address_resolver::load(settings, os::interface_addresses());
  if (!addresses) return std::unexpected(addresses.error());
  out.double_bounce_sender = settings.text("double_bounce_sender");
  return router(std::move(out), std::move(*addresses));
}

router::router(route_settings settings, policy::address_resolver addresses)
    : settings_(std::move(settings)), addresses_(std::move(addresses)) {}

queue::route router::decide_route(std::string_view recipient, queue::recipient_class accepted_as) const {
  auto to = addresses_.resolve(recipient);
  if (to.klass == address_class::remote && addresses_.blocks()) to.klass = class_when_accepted(accepted_as);
  if (auto moved = settings_.relocated.find(to)) return std::move(*moved);
  switch (to.klass) {
    case address_class::local:
      if (iequals(to.local_part, settings_.double_bounce_sender)) {
        return {"discard", "undeliverable postmaster notification discarded"};
      }
      return through(settings_.local, to.domain);
    case address_class::virtual_mailbox:
      return through(settings_.virtual_mailbox, to.domain);
    case address_class::virtual_alias:
      // smtpd has expanded all that the tables have.
      return error("5.1.1 User unknown in virtual alias table");
    case address_class::relay:
    case address_class::remote:
      break;
  }
  if (!is_deliverable_domain(to.domain)) return error("5.1.3 bad address syntax");
  auto const& word = to.klass == address_class::relay ? settings_.relay : settings_.remote;
  return through(word, settings_.relayhost.empty() ? to.domain : settings_.relayhost);
}

}  // namespace postern::delivery
