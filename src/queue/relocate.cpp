#include "queue/relocate.hpp"

#include <array>

#include "queue/message_record.hpp"
#include "queue/segment_reader.hpp"

namespace postern::queue {
namespace {

constexpr std::size_t copy_octets = 64U << 10;

// Content goes through the same builder as when it arrived, so a copy is a message like any other.
result<> copy_message(os::read_file& file, stored_message const& message, location from, segment_writer& to,
                      std::vector<relocated_message>& copies) {
  envelope env = message.env;
  env.relocated_from = from;
  message_builder builder(env);
  content_reader content(file, message.content);
  std::array<char, copy_octets> buffer;
  while (true) {
    auto const count = content.read(buffer);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) break;
    builder.append({buffer.data(), *count});
    while (builder.chunk_ready()) {
      auto const placed = to.append(builder.take_chunk());
      if (!placed) return std::unexpected(placed.error());
      builder.on_chunk_placed(*placed);
    }
  }
  std::string record = builder.finish(message.header_length);
  // Named before it is written: a write that fails half-way may leave a whole record.
  copies.push_back({env.id, from, to.place(record)});
  return to.write(std::span(&record, 1));
}

}  // namespace

relocation_outcome relocate_segment(spool const& in, segment_id from, std::unordered_set<std::uint64_t> const& done,
                                    segment_writer& to) {
  relocation_outcome outcome;
  auto file = in.open_segment(from);
  if (!file) return {{}, file.error()};
  segment_scanner scanner(**file, from);
  while (!outcome.error) {
    auto const step = scanner.next();
    if (!step) {
      outcome.error = step.error();
      break;
    }
    if (std::holds_alternative<end_of_segment>(*step)) break;
    auto const* record = std::get_if<whole_record>(&*step);
    if (record == nullptr || record->type != record_type::message || done.contains(record->place.offset)) continue;
    auto const message = parse_message_record(record->body, record->place);
    if (!message) continue;
    auto const copied = copy_message(**file, *message, record->place, to, outcome.copies);
    if (!copied) outcome.error = copied.error();
  }
  if (auto const synced = to.sync(); !synced && !outcome.error) outcome.error = synced.error();
  return outcome;
}

}  // namespace postern::queue
