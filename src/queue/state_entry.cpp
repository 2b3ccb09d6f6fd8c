#include "queue/state_entry.hpp"

#include <utility>

#include "queue/codec.hpp"

namespace postern::queue {
namespace {

enum class entry_kind : std::uint8_t { status = 1, done = 2, removed = 3 };

constexpr std::uint8_t flag_held = 1, flag_delay_notified = 2, flag_moved = 4;
constexpr std::int64_t next_retry_max = std::int64_t{1} << 42;  // milliseconds; fits wall_time's nanoseconds
constexpr std::size_t progress_size_min = 9;

std::int64_t milliseconds_of(wall_time when) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count();
}

void append_location(std::string& out, location at) {
  append_integer(out, at.segment.value);
  append_integer(out, at.offset);
}

location take_location(cursor& at) {
  location place;
  place.segment.value = at.take<std::uint64_t>();
  place.offset = at.take<std::uint64_t>();
  return place;
}

void append_entry(std::string& out, message_status const& status) {
  append_integer(out, std::to_underlying(entry_kind::status));
  append_integer(
      out, static_cast<std::uint8_t>((status.held ? flag_held : 0) | (status.delay_notified ? flag_delay_notified : 0) |
                                     (status.moved_from ? flag_moved : 0)));
  append_integer(out, status.attempts);
  append_location(out, status.at);
  append_integer(out, status.id.value);
  if (status.moved_from) append_location(out, *status.moved_from);
  append_integer(out, milliseconds_of(status.next_retry));
  append_integer(out, static_cast<std::uint32_t>(status.recipients.size()));
  for (recipient_progress const& progress : status.recipients) {
    append_integer(out, progress.index);
    append_integer(out, std::to_underlying(progress.status));
    append_text(out, progress.reason);
  }
}

void append_entry(std::string& out, messages_done const& done) {
  append_integer(out, std::to_underlying(entry_kind::done));
  append_integer(out, done.segment.value);
  append_integer(out, static_cast<std::uint32_t>(done.offsets.size()));
  for (std::uint64_t offset : done.offsets) append_integer(out, offset);
}

void append_entry(std::string& out, segment_removed const& removed) {
  append_integer(out, std::to_underlying(entry_kind::removed));
  append_integer(out, removed.segment.value);
}

message_status take_status(cursor& at) {
  message_status status;
  auto const flags = at.take<std::uint8_t>();
  status.held = (flags & flag_held) != 0;
  status.delay_notified = (flags & flag_delay_notified) != 0;
  status.attempts = at.take<std::uint16_t>();
  status.at = take_location(at);
  status.id.value = at.take<std::uint64_t>();
  if ((flags & flag_moved) != 0) status.moved_from = take_location(at);
  auto const next_retry = at.take<std::int64_t>();
  bool const in_range = next_retry >= 0 && next_retry <= next_retry_max;
  status.next_retry = wall_time(std::chrono::milliseconds(in_range ? next_retry : 0));  // else: try now
  status.recipients.resize(at.take_count(progress_size_min));
  for (recipient_progress& progress : status.recipients) {
    progress.index = at.take<std::uint32_t>();
    progress.status = static_cast<recipient_status>(at.take<std::uint8_t>());
    progress.reason = at.take_text();
  }
  return status;
}

messages_done take_done(cursor& at) {
  messages_done done;
  done.segment.value = at.take<std::uint64_t>();
  done.offsets.resize(at.take_count(sizeof(std::uint64_t)));
  for (std::uint64_t& offset : done.offsets) offset = at.take<std::uint64_t>();
  return done;
}

bool is_sane(state_entry const& entry) {
  auto const* status = std::get_if<message_status>(&entry);
  if (status == nullptr) return true;
  for (recipient_progress const& progress : status->recipients) {
    if (progress.status > recipient_status::delivered_untold) return false;
  }
  return true;
}

}  // namespace

void format_state_entry(std::string& out, state_entry const& entry) {
  std::visit([&out](auto const& fact) { append_entry(out, fact); }, entry);
}

std::optional<state_entry> parse_state_entry(std::string_view body) {
  cursor at(body);
  state_entry entry;
  switch (static_cast<entry_kind>(at.take<std::uint8_t>())) {
    case entry_kind::status:
      entry = take_status(at);
      break;
    case entry_kind::done:
      entry = take_done(at);
      break;
    case entry_kind::removed:
      entry = segment_removed{segment_id{at.take<std::uint64_t>()}};
      break;
    default:
      return {};
  }
  if (at.failed() || !at.empty() || !is_sane(entry)) return {};
  return entry;
}

void state_image::apply(state_entry entry) {
  if (auto* status = std::get_if<message_status>(&entry)) {
    if (status->moved_from) {
      status_.erase(*status->moved_from);
      done_[status->moved_from->segment].insert(status->moved_from->offset);
    }
    location const at = status->at;
    if (!is_done(at)) status_.insert_or_assign(at, std::move(*status));
  } else if (auto const* done = std::get_if<messages_done>(&entry)) {
    auto& offsets = done_[done->segment];
    for (std::uint64_t offset : done->offsets) {
      offsets.insert(offset);
      status_.erase({done->segment, offset});
    }
  } else {
    segment_id const gone = std::get<segment_removed>(entry).segment;
    done_.erase(gone);
    removed_.insert(gone);
  }
}

bool state_image::is_done(location at) const {
  auto const found = done_.find(at.segment);
  return found != done_.end() && found->second.contains(at.offset);
}

message_status const* state_image::find(location at) const {
  auto const found = status_.find(at);
  return found == status_.end() ? nullptr : &found->second;
}

}  // namespace postern::queue
