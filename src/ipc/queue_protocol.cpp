#include "ipc/queue_protocol.hpp"

#include "ipc/codec.hpp"

namespace postern::ipc {
namespace {

message made(queue_message type, std::string body) { return {static_cast<std::uint16_t>(type), std::move(body), {}}; }
std::unexpected<failure> malformed(char const* what) {
  return fail(std::string("malformed message from another program: ") + what);
}

}  // namespace

message format_hello(std::uint64_t pid) {
  return made(queue_message::hello, encoder().put(queue_protocol_version).put(pid).take());
}

message format_segment_wanted() { return made(queue_message::segment_wanted, {}); }

message format_segment(segment_grant const& grant, os::unique_fd append_only) {
  auto out = made(queue_message::segment, encoder().put(grant.segment).put(grant.writer).put(grant.size_max).take());
  out.descriptors.push_back(std::move(append_only));
  return out;
}

message format_refused(std::string_view why) { return made(queue_message::refused, encoder().put(why).take()); }

message format_committed(committed_notice const& notice) {
  return made(queue_message::committed, encoder().put(notice.segment).put(notice.offset).put(notice.length).take());
}

result<std::uint64_t> parse_hello(message const& in) {
  decoder from(in.body);
  auto version = from.take_number();
  auto pid = from.take_number();
  if (!from.good()) return malformed("hello");
  if (version != queue_protocol_version)
    return fail("the other program is of another build of Postern; restart the server");
  return pid;
}

result<segment_grant> parse_segment(message const& in) {
  decoder from(in.body);
  segment_grant grant{from.take_number(), from.take_number(), from.take_number()};
  if (!from.good() || in.descriptors.size() != 1) return malformed("segment");
  return grant;
}

result<std::string> parse_refused(message const& in) {
  decoder from(in.body);
  auto why = from.take_text();
  if (!from.good()) return malformed("refused");
  return why;
}

result<committed_notice> parse_committed(message const& in) {
  decoder from(in.body);
  committed_notice notice{from.take_number(), from.take_number(), from.take_number()};
  if (!from.good()) return malformed("committed");
  return notice;
}

}  // namespace postern::ipc
