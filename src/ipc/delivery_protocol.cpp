#include "ipc/delivery_protocol.hpp"

#include "ipc/codec.hpp"

namespace postern::ipc {
namespace {

std::unexpected<failure> malformed(char const* what) {
  return fail(std::string("malformed message from another program: ") + what);
}

void put(encoder& to, delivery_recipient const& recipient) {
  to.put(recipient.address).put(recipient.original_address).put(recipient.orcpt).put(recipient.notify);
}

void put(encoder& to, recipient_answer const& answer) {
  to.put(answer.index).put(static_cast<std::uint64_t>(answer.outcome)).put(answer.status).put(answer.text);
  to.put(answer.remote_mta).put(answer.diagnostic).put(answer.dsn_passed_on);
}

delivery_recipient take_recipient(decoder& from) {
  delivery_recipient out;
  out.address = from.take_text();
  out.original_address = from.take_text();
  out.orcpt = from.take_text();
  out.notify = from.take_text();
  return out;
}

result<recipient_answer> take_answer(decoder& from) {
  recipient_answer out;
  out.index = from.take_number();
  auto outcome = from.take_number();
  if (outcome > static_cast<std::uint64_t>(recipient_outcome::bounced)) return malformed("recipient outcome");
  out.outcome = static_cast<recipient_outcome>(outcome);
  out.status = from.take_text();
  out.text = from.take_text();
  out.remote_mta = from.take_text();
  out.diagnostic = from.take_text();
  out.dsn_passed_on = from.take_flag();
  return out;
}

}  // namespace

message format_request(delivery_request const& request, os::unique_fd segment_read_only) {
  encoder to;
  to.put(request.id).put(request.queue_id).put(request.session_id).put(request.transport).put(request.next_hop);
  to.put(request.sender).put(request.body_type).put(request.ret).put(request.envid).put(request.smtputf8);
  to.put(request.arrival_unix_us).put(request.active_unix_us).put(request.content_octets);
  to.put(std::uint64_t{request.extents.size()});
  for (auto const& extent : request.extents) to.put(extent.offset).put(extent.length);
  to.put(std::uint64_t{request.recipients.size()});
  for (auto const& recipient : request.recipients) put(to, recipient);
  to.put(request.is_probe);
  message out{static_cast<std::uint16_t>(delivery_message::request), to.take(), {}};
  if (segment_read_only) out.descriptors.push_back(std::move(segment_read_only));
  return out;
}

result<delivery_request> parse_request(message const& in) {
  decoder from(in.body);
  delivery_request out;
  out.id = from.take_number();
  for (auto* text : {&out.queue_id, &out.session_id, &out.transport, &out.next_hop, &out.sender, &out.body_type,
                     &out.ret, &out.envid}) {
    *text = from.take_text();
  }
  out.smtputf8 = from.take_flag();
  out.arrival_unix_us = from.take_number();
  out.active_unix_us = from.take_number();
  out.content_octets = from.take_number();
  out.extents.resize(from.take_count());
  for (auto& extent : out.extents) {
    extent.offset = from.take_number();
    extent.length = from.take_number();
  }
  auto recipients = from.take_count();
  for (std::size_t i = 0; i < recipients && !from.bad(); ++i) out.recipients.push_back(take_recipient(from));
  out.is_probe = from.take_flag();
  auto const descriptors = out.is_probe ? 0U : 1U;
  if (!from.good() || in.descriptors.size() != descriptors) return malformed("delivery request");
  return out;
}

message format_answer(delivery_answer const& answer) {
  encoder to;
  to.put(answer.id).put(static_cast<std::uint64_t>(answer.hint)).put(answer.hint_text);
  to.put(std::uint64_t{answer.recipients.size()});
  for (auto const& recipient : answer.recipients) put(to, recipient);
  return {static_cast<std::uint16_t>(delivery_message::answer), to.take(), {}};
}

result<delivery_answer> parse_answer(message const& in) {
  decoder from(in.body);
  delivery_answer out;
  out.id = from.take_number();
  auto hint = from.take_number();
  if (hint > static_cast<std::uint64_t>(destination_hint::trouble)) return malformed("destination hint");
  out.hint = static_cast<destination_hint>(hint);
  out.hint_text = from.take_text();
  auto recipients = from.take_count();
  for (std::size_t i = 0; i < recipients && !from.bad(); ++i) {
    auto one = take_answer(from);
    if (!one) return std::unexpected(one.error());
    out.recipients.push_back(std::move(*one));
  }
  if (!from.good()) return malformed("delivery answer");
  return out;
}

}  // namespace postern::ipc
