#include "ipc/admin_protocol.hpp"

#include "ipc/codec.hpp"

namespace postern::ipc {
namespace {

message made(admin_message type, std::string body) { return {static_cast<std::uint16_t>(type), std::move(body), {}}; }

bool is(message const& in, admin_message type) { return in.type == static_cast<std::uint16_t>(type); }

std::unexpected<failure> malformed(char const* what) {
  return fail(std::string("malformed message between postern and qmgr: ") + what);
}

}  // namespace

message format_admin_request(admin_request const& request) {
  return made(admin_message::request,
              encoder().put(static_cast<std::uint64_t>(request.verb)).put(request.subject).put(request.text).take());
}

message format_queue_row(queue_row const& row) {
  encoder to;
  to.put(row.queue_id).put(static_cast<std::uint64_t>(row.place)).put(row.octets).put(row.arrival_unix_s);
  to.put(row.next_retry_unix_s).put(row.attempts).put(row.sender).put(row.session_id).put(row.client);
  to.put(std::uint64_t{row.recipients.size()});
  for (auto const& one : row.recipients) to.put(one.address).put(one.reason).put(one.transport).put(one.next_hop);
  return made(admin_message::row, to.take());
}

message format_admin_text(std::string_view text) { return made(admin_message::text, encoder().put(text).take()); }

message format_admin_done(admin_done const& done) {
  return made(admin_message::done, encoder().put(done.ok).put(done.count).put(done.text).take());
}

result<admin_request> parse_admin_request(message const& in) {
  decoder from(in.body);
  auto verb = from.take_number();
  auto subject = from.take_text();
  auto text = from.take_text();
  if (!is(in, admin_message::request) || !from.good() ||
      verb > static_cast<std::uint64_t>(queue_verb::release_account)) {
    return malformed("request");
  }
  return admin_request{static_cast<queue_verb>(verb), std::move(subject), std::move(text)};
}

result<queue_row> parse_queue_row(message const& in) {
  decoder from(in.body);
  queue_row row;
  row.queue_id = from.take_text();
  auto place = from.take_number();
  row.octets = from.take_number();
  row.arrival_unix_s = from.take_number();
  row.next_retry_unix_s = from.take_number();
  row.attempts = from.take_number();
  for (auto* text : {&row.sender, &row.session_id, &row.client}) *text = from.take_text();
  auto recipients = from.take_count();
  for (std::size_t i = 0; i < recipients && !from.bad(); ++i) {
    auto& one = row.recipients.emplace_back();
    for (auto* text : {&one.address, &one.reason, &one.transport, &one.next_hop}) *text = from.take_text();
  }
  bool known_place = place <= static_cast<std::uint64_t>(queue_place::hold);
  if (!is(in, admin_message::row) || !from.good() || !known_place) return malformed("row");
  row.place = static_cast<queue_place>(place);
  return row;
}

result<std::string> parse_admin_text(message const& in) {
  decoder from(in.body);
  auto text = from.take_text();
  if (!is(in, admin_message::text) || !from.good()) return malformed("text");
  return text;
}

result<admin_done> parse_admin_done(message const& in) {
  decoder from(in.body);
  admin_done done;
  done.ok = from.take_flag();
  done.count = from.take_number();
  done.text = from.take_text();
  if (!is(in, admin_message::done) || !from.good()) return malformed("done");
  return done;
}

}  // namespace postern::ipc
