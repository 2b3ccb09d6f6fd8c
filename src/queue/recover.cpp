#include "queue/recover.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace postern::queue {
namespace {

void report_damage(spool& from, os::read_file& file, damage const& found, std::vector<damage_report>& into) {
  damage_report report{found.place, found.length, found.why, {}};
  if (auto path = from.quarantine(file, found)) {
    report.quarantined = *std::move(path);
  } else {
    report.why += "; not copied to quarantine: " + path.error().text;
  }
  into.push_back(std::move(report));
}

using stored_sink = std::function<void(location at, stored_message const& message)>;

scanned_segment scan_messages(spool& from, segment_id id, std::uint64_t offset, bool living_writer,
                              stored_sink const& sink, std::vector<damage_report>& damages) {
  scanned_segment scanned{id, offset, living_writer, true};
  auto const unreadable = [&](failure const& why) {
    damages.push_back({{id, scanned.scanned_until}, 0, why.text, {}});
    scanned.readable = false;
    return scanned;
  };
  auto file = from.open_segment(id);
  if (!file) return unreadable(file.error());
  segment_scanner scanner(**file, id, offset);
  while (true) {
    auto const step = scanner.next();
    if (!step) return unreadable(step.error());
    if (std::holds_alternative<end_of_segment>(*step)) return scanned;
    if (auto const* bad = std::get_if<damage>(&*step)) {
      // What a living writer is just writing is not damage; the scan after its end looks again.
      if (living_writer && bad->torn_tail) return scanned;
      report_damage(from, **file, *bad, damages);
      scanned.scanned_until = scanner.offset();
      continue;
    }
    auto const& record = std::get<whole_record>(*step);
    if (record.type == record_type::message) {
      if (auto const message = parse_message_record(record.body, record.place)) {
        sink(record.place, *message);
      } else {
        report_damage(from, **file, {record.place, record.length, false, "malformed message record"}, damages);
      }
    }
    scanned.scanned_until = scanner.offset();
  }
}

// A copy without a state entry was being made when the program ended. The original counts while it is there.
bool original_counts(spool const& from, state_image const& image, location original) {
  if (image.is_removed(original.segment)) return false;
  if (image.is_done(original)) return true;
  auto const file = from.open_segment(original.segment);
  return file && read_record(**file, original, record_type::message).has_value();
}

void resolve_copies(spool& from, std::vector<recovery::dead_copy> const& copies, message_sink const& sink,
                    recovery& into) {
  for (auto const& [copy, original] : copies) {
    if (original_counts(from, into.state.image, original)) {
      into.dead_copies.push_back({copy, original});
      continue;
    }
    auto const file = from.open_segment(copy.segment);
    auto const body = file ? read_record(**file, copy, record_type::message) : result<std::string>(fail("unreadable"));
    auto const message = body ? parse_message_record(*body, copy) : std::nullopt;
    if (message) sink({copy, *message});
  }
}

}  // namespace

scanned_segment scan_segment(spool& from, segment_id id, std::uint64_t offset, message_sink const& sink,
                             std::vector<damage_report>& damages) {
  auto const living_writer = from.has_living_writer(id);
  auto const pass_on = [&](location at, stored_message const& message) {
    if (!message.env.relocated_from) sink({at, message});
  };
  return scan_messages(from, id, offset, living_writer.value_or(true), pass_on, damages);
}

result<recovery> recover(spool& from, message_sink const& sink) {
  auto state = load_state(from.disk(), from.state_directory());
  if (!state) return std::unexpected(state.error());
  auto const ids = from.list_segments();
  if (!ids) return std::unexpected(ids.error());
  recovery found;
  found.state = *std::move(state);
  found.state_reports = found.state.reports;
  state_image& image = found.state.image;

  std::vector<recovery::dead_copy> undecided;
  auto const judge = [&](location at, stored_message const& message) {
    if (image.is_done(at)) return;
    message_status const* status = image.find(at);
    if (status == nullptr && message.env.relocated_from) {
      undecided.push_back({at, *message.env.relocated_from});
      return;
    }
    sink({at, message, status});
    image.forget(at);
  };
  for (segment_id const id : *ids) {
    // Asked before the scan: a writer that ends in between is seen again when its segment is closed.
    auto const living_writer = from.has_living_writer(id);
    found.segments.push_back(scan_messages(from, id, 0, living_writer.value_or(true), judge, found.damages));
  }
  resolve_copies(from, undecided, sink, found);
  for (auto const& [at, status] : image.status()) {
    if (!image.is_removed(at.segment)) found.lost.push_back(at);
  }
  return found;
}

}  // namespace postern::queue
