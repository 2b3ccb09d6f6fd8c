#include "receive/message_intake.hpp"

#include "base/time.hpp"
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

queue::return_content ret_of(smtp::dsn_return ret) {
  switch (ret) {
    case smtp::dsn_return::full:
      return queue::return_content::full;
    case smtp::dsn_return::headers:
      return queue::return_content::headers;
    case smtp::dsn_return::unset:
      break;
  }
  return queue::return_content::unset;
}

std::string protocol_word(smtp::server_session const& protocol) {
  return message::format_with_protocol(protocol.extended(), protocol.envelope().from.smtputf8, protocol.tls_active(),
                                       protocol.authenticated());
}

}  // namespace

message_intake::message_intake(service_settings const& settings, intake_session session,
                               std::shared_ptr<open_segment> segment,
                               std::vector<policy::accepted_recipient> const& recipients)
    : settings_(settings),
      session_(std::move(session)),
      segment_(std::move(segment)),
      id_(segment_->next_id()),
      id_text_(queue::format_queue_id(id_)),
      date_(format_mail_date(std::chrono::system_clock::now())) {
  message::header_policy policy;
  policy.header_field_limit = settings_.header_field_limit;
  policy.drop = &settings_.dropped_headers;
  if (hides_origin()) policy.drop_private = &message::origin_revealing_fields();
  policy.add_missing = settings_.add_missing_headers || session_.protocol->authenticated() ||
                       settings_.gate.in_mynetworks(session_.client->address);
  new_message_id_ = "<" + id_text_ + "." + session_.session_id + "@" + settings_.protocol.host_name + ">";
  policy.date = date_;
  policy.message_id = new_message_id_;
  filter_.reset(policy);
  builder_.emplace(make_envelope(recipients));
  auto received = make_received(recipients);
  received_octets_ = received.size();
  builder_->append(received);
}

bool message_intake::hides_origin() const { return settings_.anonymize && session_.protocol->authenticated(); }

queue::envelope message_intake::make_envelope(std::vector<policy::accepted_recipient> const& recipients) const {
  auto const& transaction = session_.protocol->envelope();
  queue::envelope out;
  out.id = id_;
  out.arrival = std::chrono::system_clock::now();
  out.sender = transaction.from.reverse_path;
  out.body = transaction.from.body == smtp::body_kind::eight_bit_mime ? queue::body_type::eight_bit
                                                                      : queue::body_type::seven_bit;
  out.smtputf8 = transaction.from.smtputf8;
  out.ret = ret_of(transaction.from.ret);
  out.envid = transaction.from.envelope_id;
  out.session = {session_.session_id,
                 session_.client->address.text(),
                 session_.client->name,
                 session_.protocol->helo_name(),
                 protocol_word(*session_.protocol),
                 session_.protocol->user(),
                 session_.protocol->mechanism()};
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    auto const& asked = transaction.recipients[i];
    auto klass = recipients[i].klass() == policy::address_class::local ? queue::recipient_class::local
                                                                       : queue::recipient_class::remote;
    out.recipients.push_back({recipients[i].address(), asked.original, asked.notify, klass});
  }
  return out;
}

std::string message_intake::make_received(std::vector<policy::accepted_recipient> const& recipients) const {
  auto address = session_.client->address.text();
  message::received_fields fields;
  fields.helo_name = session_.protocol->helo_name();
  fields.client_name = session_.client->name;
  fields.client_address = address;
  fields.anonymize = hides_origin();
  std::optional<message::tls_details> tls;
  if (session_.tls != nullptr) tls = details_of(*session_.tls, settings_.ask_client_certificate);
  fields.tls = tls ? &*tls : nullptr;
  fields.show_tls = settings_.tls_received_header;
  fields.authenticated_user = session_.protocol->user();
  fields.show_user = settings_.authenticated_header;
  fields.extended = session_.protocol->extended();
  fields.smtputf8 = session_.protocol->envelope().from.smtputf8;
  fields.host_name = settings_.protocol.host_name;
  fields.mail_name = settings_.protocol.mail_name;
  fields.queue_id = id_text_;
  if (recipients.size() == 1) fields.recipient = recipients.front().address();
  fields.date = date_;
  return message::format_received(fields);
}

result<> message_intake::spill() {
  while (builder_->chunk_ready()) {
    auto placed = segment_->append_chunk(builder_->take_chunk());
    if (!placed) return std::unexpected(placed.error());
    builder_->on_chunk_placed(*placed);
  }
  return {};
}

result<> message_intake::append(std::span<std::string_view const> pieces) {
  for (auto piece : pieces) {
    if (filter_.in_body()) {
      builder_->append(piece);
    } else {
      filtered_.clear();
      filter_.feed(piece, filtered_);
      builder_->append(filtered_);
    }
    if (auto spilled = spill(); !spilled) return spilled;
  }
  return {};
}

result<smtp::body_fault> message_intake::finish() {
  filtered_.clear();
  filter_.finish(filtered_);
  builder_->append(filtered_);
  if (auto spilled = spill(); !spilled) return std::unexpected(spilled.error());
  return filter_.facts().received_count > settings_.hop_count_limit ? smtp::body_fault::too_many_hops
                                                                    : smtp::body_fault::none;
}

net::task<open_segment::outcome> message_intake::commit(std::chrono::seconds within, bool alone) {
  co_return co_await segment_->commit(builder_->finish(received_octets_ + filter_.body_offset()), within, alone);
}

}  // namespace postern::receive
