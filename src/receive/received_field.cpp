#include "receive/received_field.hpp"

#include <algorithm>

#include "message/received.hpp"

namespace postern::receive {
namespace {

message::tls_details details_of(net::tls_info const& info, bool certificate_requested) {
  message::tls_details out;
  out.protocol = info.protocol;
  out.cipher = info.cipher;
  out.cipher_bits_used = info.cipher_bits_used;
  out.cipher_bits = info.cipher_bits_all;
  out.key_exchange = info.key_exchange.kind;
  out.key_exchange_curve = info.key_exchange.curve;
  out.server_signature = info.server_signature.kind;
  out.server_signature_curve = info.server_signature.curve;
  out.server_signature_bits = info.server_signature.bits;
  out.server_digest = info.server_digest;
  out.client_signature = info.client_signature.kind;
  out.client_signature_curve = info.client_signature.curve;
  out.client_signature_bits = info.client_signature.bits;
  out.client_digest = info.client_digest;
  out.client_certificate_requested = certificate_requested;
  out.client_certificate_present = info.peer_certificate;
  out.client_certificate_verified = info.peer_verified;
  out.client_common_name = info.peer_subject_cn;
  out.client_issuer = info.peer_issuer_cn;
  out.server_name = info.server_name;
  return out;
}

}  // namespace

client_kind find_client_kind(service_settings const& settings, peer const& client, smtp::server_session const& protocol,
                             std::vector<policy::accepted_recipient> const& recipients) {
  auto const& own = settings.content.own_addresses;
  client_kind out{client.address,
                  protocol.authenticated(),
                  settings.gate.in_mynetworks(client.address),
                  std::ranges::find(own, client.address) != own.end(),
                  {}};
  for (auto const& one : recipients) {
    if (one.permit() != nullptr) out.grounds.emplace_back(one.permit()->grounds());
  }
  return out;
}

std::string make_received_field(service_settings const& settings, received_facts const& of) {
  auto const& content = settings.content;
  auto const address = of.client.address.text();
  message::received_fields fields;
  fields.helo_name = of.protocol.helo_name();
  fields.client_name = of.client.name;
  fields.client_address = address;
  fields.anonymize = of.anonymous && content.privacy.received;
  std::optional<message::tls_details> tls;
  if (of.tls != nullptr) tls = details_of(*of.tls, settings.ask_client_certificate);
  fields.tls = tls ? &*tls : nullptr;
  fields.show_tls = content.tls_received_header;
  fields.authenticated_user = of.protocol.user();
  fields.show_user = content.authenticated_header && !(of.anonymous && content.privacy.login);
  fields.extended = of.protocol.extended();
  fields.smtputf8 = of.protocol.envelope().from.smtputf8;
  fields.local_user = of.client.local_user;
  fields.host_name = settings.protocol.host_name;
  fields.mail_name = settings.protocol.mail_name;
  fields.queue_id = of.id;
  fields.recipient = of.recipient;
  fields.date = of.date;
  return message::format_received(fields);
}

}  // namespace postern::receive
