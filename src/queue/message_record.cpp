#include "queue/message_record.hpp"

#include <algorithm>
#include <cassert>

#include "queue/codec.hpp"
#include "queue/record.hpp"

namespace postern::queue {
namespace {

// The fixed part, see docs/formats/spool.md.
constexpr std::size_t fixed_size = 32, content_size_at = 0, header_length_at = 8, envelope_length_at = 16,
                      extent_count_at = 20, inline_length_at = 24;
constexpr std::size_t extent_size = 16, recipient_size_min = 10;
constexpr std::int64_t arrival_max = std::int64_t{1}
                                     << 52;  // microseconds; year 2112, and fits wall_time's nanoseconds
constexpr std::uint8_t flag_smtputf8 = 1, flag_system = 2, flag_relocated = 4, flag_directed = 8, flag_held = 16;

std::int64_t microseconds_of(wall_time when) {
  return std::chrono::duration_cast<std::chrono::microseconds>(when.time_since_epoch()).count();
}

// Most messages have nothing of this, and their records do not grow by it.
bool is_directed(envelope const& env) {
  return env.hold || !env.filter.empty() ||
         std::ranges::any_of(env.recipients, [](recipient const& to) { return !to.original.empty(); });
}

void append_envelope(std::string& out, envelope const& env) {
  bool const directed = is_directed(env);
  append_integer(out, env.id.value);
  append_integer(out, microseconds_of(env.arrival));
  std::uint8_t const flags = static_cast<std::uint8_t>(
      (env.smtputf8 ? flag_smtputf8 : 0) | (env.priority == lane::system ? flag_system : 0) |
      (env.relocated_from ? flag_relocated : 0) | (directed ? flag_directed : 0) | (env.hold ? flag_held : 0));
  append_integer(out, flags);
  append_integer(out, static_cast<std::uint8_t>(env.body));
  append_integer(out, static_cast<std::uint8_t>(env.ret));
  append_integer(out, std::uint8_t{0});
  if (env.relocated_from) {
    append_integer(out, env.relocated_from->segment.value);
    append_integer(out, env.relocated_from->offset);
  }
  session_facts const& session = env.session;
  for (std::string const* text :
       {&env.sender, &env.envid, &session.session_id, &session.client_address, &session.client_name, &session.helo,
        &session.protocol, &session.sasl_username, &session.sasl_method}) {
    append_text(out, *text);
  }
  append_integer(out, static_cast<std::uint32_t>(env.recipients.size()));
  for (recipient const& to : env.recipients) {
    append_text(out, to.address);
    append_text(out, to.orcpt);
    append_integer(out, to.notify);
    append_integer(out, static_cast<std::uint8_t>(to.klass));
  }
  if (!directed) return;
  append_text(out, env.hold.value_or(std::string()));
  append_text(out, env.filter);
  for (recipient const& to : env.recipients) append_text(out, to.original);
}

std::optional<envelope> take_envelope(std::string_view octets) {
  cursor at(octets);
  envelope env;
  env.id.value = at.take<std::uint64_t>();
  auto const arrival = at.take<std::int64_t>();
  if (arrival < 0 || arrival > arrival_max) return {};
  env.arrival = wall_time(std::chrono::microseconds(arrival));
  auto const flags = at.take<std::uint8_t>();
  env.smtputf8 = (flags & flag_smtputf8) != 0;
  env.priority = (flags & flag_system) != 0 ? lane::system : lane::user;
  env.body = static_cast<body_type>(at.take<std::uint8_t>());
  env.ret = static_cast<return_content>(at.take<std::uint8_t>());
  at.take<std::uint8_t>();
  if ((flags & flag_relocated) != 0) {
    location from;
    from.segment.value = at.take<std::uint64_t>();
    from.offset = at.take<std::uint64_t>();
    env.relocated_from = from;
  }
  session_facts& session = env.session;
  for (std::string* text : {&env.sender, &env.envid, &session.session_id, &session.client_address, &session.client_name,
                            &session.helo, &session.protocol, &session.sasl_username, &session.sasl_method}) {
    *text = at.take_text();
  }
  env.recipients.resize(at.take_count(recipient_size_min));
  for (recipient& to : env.recipients) {
    to.address = at.take_text();
    to.orcpt = at.take_text();
    to.notify = at.take<std::uint8_t>();
    to.klass = static_cast<recipient_class>(at.take<std::uint8_t>());
  }
  if ((flags & flag_directed) != 0) {
    auto const hold = at.take_text();
    if ((flags & flag_held) != 0) env.hold = std::string(hold);
    env.filter = at.take_text();
    for (recipient& to : env.recipients) to.original = at.take_text();
  }
  if (at.failed() || !at.empty()) return {};
  if (env.body > body_type::eight_bit || env.ret > return_content::headers) return {};
  return env;
}

bool take_extents(std::string_view octets, location place, std::vector<extent>& into) {
  cursor at(octets);
  while (!at.empty()) {
    extent piece;
    piece.offset = at.take<std::uint64_t>();
    piece.length = at.take<std::uint64_t>();
    // Chunks come before their message in its segment, so nothing may reach beyond it.
    if (piece.offset > place.offset || piece.length > place.offset - piece.offset) return false;
    into.push_back(piece);
  }
  return !at.failed();
}

}  // namespace

std::optional<stored_message> parse_message_record(std::string_view body, location place) {
  cursor at(body);
  stored_message message;
  message.content_size = at.take<std::uint64_t>();
  message.header_length = at.take<std::uint64_t>();
  auto const envelope_length = at.take<std::uint32_t>();
  auto const extent_count = at.take<std::uint32_t>();
  auto const inline_length = at.take<std::uint32_t>();
  at.take<std::uint32_t>();
  std::string_view const envelope_octets = at.take_octets(envelope_length);
  at.take_octets(inline_length);
  std::string_view const extents = at.take_octets(std::uint64_t{extent_count} * extent_size);
  if (at.failed() || !at.empty()) return {};

  auto env = take_envelope(envelope_octets);
  if (!env || !take_extents(extents, place, message.content)) return {};
  message.env = *std::move(env);
  std::uint64_t const inline_offset = place.offset + record_header_size + fixed_size + envelope_length;
  if (inline_length > 0) message.content.push_back({inline_offset, inline_length});
  std::uint64_t total = 0;
  for (extent const& piece : message.content) total += piece.length;
  if (total != message.content_size || message.header_length > total) return {};
  return message;
}

message_builder::message_builder(envelope const& env, builder_limits limits) : limits_(limits) {
  limits_.inline_content_max = std::min(limits.inline_content_max, limits.chunk_content_max);
  pending_ = begin_record(limits.inline_content_max / 8);
  pending_.resize(record_header_size + fixed_size);
  append_envelope(pending_, env);
  record_start_ = pending_.size();
  put_integer(pending_, record_header_size + envelope_length_at,
              static_cast<std::uint32_t>(record_start_ - record_header_size - fixed_size));
}

void message_builder::append(std::string_view content) {
  content_size_ += content.size();
  if (head_.empty() && pending_.size() + content.size() > record_start_ + limits_.inline_content_max) {
    head_ = pending_.substr(0, record_start_);
    std::string chunk = begin_record(limits_.chunk_content_max + content.size());
    chunk.append(pending_, record_start_);
    pending_ = std::move(chunk);
    record_start_ = record_header_size;
  }
  pending_ += content;
}

std::string message_builder::take_chunk() {
  assert(chunk_ready());
  std::string const rest = pending_.substr(record_start_ + limits_.chunk_content_max);
  pending_.resize(record_start_ + limits_.chunk_content_max);
  last_chunk_length_ = limits_.chunk_content_max;
  std::string chunk = std::move(pending_);
  close_record(chunk, record_type::chunk);
  pending_ = begin_record(limits_.chunk_content_max + rest.size());
  pending_ += rest;
  return chunk;
}

void message_builder::on_chunk_placed(location place) {
  chunks_.push_back({place.offset + record_header_size, last_chunk_length_});
}

void message_builder::replace_envelope(envelope const& env) {
  constexpr auto envelope_at = record_header_size + fixed_size;
  std::string text;
  append_envelope(text, env);
  bool const spilled = !head_.empty();
  std::string& head = spilled ? head_ : pending_;
  auto const end = spilled ? head_.size() : record_start_;
  head.replace(envelope_at, end - envelope_at, text);
  put_integer(head, record_header_size + envelope_length_at, static_cast<std::uint32_t>(text.size()));
  if (!spilled) record_start_ = envelope_at + text.size();
}

std::string message_builder::finish(std::uint64_t header_length) {
  std::size_t const inline_length = pending_.size() - record_start_;
  std::string record;
  if (head_.empty()) {
    record = std::move(pending_);
  } else {
    record.reserve(record_size(head_.size() + inline_length + chunks_.size() * extent_size));
    record = head_;
    record.append(pending_, record_start_);
  }
  put_integer(record, record_header_size + content_size_at, content_size_);
  put_integer(record, record_header_size + header_length_at, header_length);
  put_integer(record, record_header_size + extent_count_at, static_cast<std::uint32_t>(chunks_.size()));
  put_integer(record, record_header_size + inline_length_at, static_cast<std::uint32_t>(inline_length));
  for (extent const& piece : chunks_) {
    append_integer(record, piece.offset);
    append_integer(record, piece.length);
  }
  close_record(record, record_type::message);
  return record;
}

}  // namespace postern::queue
