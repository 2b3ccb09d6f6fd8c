#include "queue/recover.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "queue/relocate.hpp"
#include "queue/restore.hpp"
#include "queue/testing/power_loss_filesystem.hpp"

namespace postern::queue {
namespace {

wall_time const moment{std::chrono::seconds(1767225600)};

struct fixture {
  testing::power_loss_filesystem disk;
  spool of{disk, "/q"};
  std::uint64_t next_id = 1;

  fixture() {
    disk.keep_nothing(true);
    EXPECT_TRUE(of.prepare());
  }
  segment_writer make_segment() {
    auto made = of.create_segment().value();
    return {std::move(made.file), made.id};
  }
  location add(segment_writer& to, std::optional<location> relocated_from = {}) {
    envelope env;
    env.id = queue_id{next_id++};
    env.arrival = moment;
    env.sender = "joe@example.com";
    env.recipients = {{"anna@example.org", {}, 0, recipient_class::remote}};
    env.relocated_from = relocated_from;
    message_builder builder(env);
    builder.append("Subject: x\r\n\r\n");
    return to.append_synced(builder.finish(14)).value();
  }
  void save(std::vector<state_entry> const& entries) {
    state_log log(disk, of.state_directory(), load_state(disk, of.state_directory()).value());
    ASSERT_TRUE(log.save(entries));
  }
  std::vector<location> found;
  recovery run() {
    found.clear();
    return recover(of, [this](found_message const& message) { found.push_back(message.at); }).value();
  }
};

using places = std::vector<location>;

TEST(recover, finds_what_is_not_done) {
  fixture f;
  auto segment = f.make_segment();
  location const a = f.add(segment);
  location const b = f.add(segment);
  f.save({messages_done{a.segment, {a.offset}}});
  recovery const answer = f.run();
  EXPECT_EQ(f.found, places{b});
  ASSERT_EQ(answer.segments.size(), 1U);
  EXPECT_TRUE(answer.segments[0].living_writer);
  EXPECT_EQ(answer.segments[0].scanned_until, segment.size());
  EXPECT_TRUE(answer.damages.empty());
  EXPECT_TRUE(answer.lost.empty());
}

TEST(recover, what_a_living_writer_is_writing_is_no_damage) {
  fixture f;
  auto segment = f.make_segment();
  location const a = f.add(segment);
  f.disk.content(f.of.segment_path(segment.id())) += "PSQ1 half a record";
  recovery const answer = f.run();
  EXPECT_EQ(f.found, places{a});
  EXPECT_TRUE(answer.damages.empty());
  EXPECT_EQ(answer.segments[0].scanned_until, segment.size());
}

TEST(recover, a_dead_writers_torn_tail_goes_to_quarantine) {
  fixture f;
  segment_id id;
  {
    auto segment = f.make_segment();
    id = segment.id();
    f.add(segment);
  }
  f.disk.content(f.of.segment_path(id)) += "PSQ1 half a record";
  recovery const answer = f.run();
  ASSERT_EQ(answer.damages.size(), 1U);
  EXPECT_EQ(f.disk.content(answer.damages[0].quarantined), "PSQ1 half a record");
}

TEST(recover, a_message_the_spool_lost_is_reported) {
  fixture f;
  auto segment = f.make_segment();
  location const a = f.add(segment);
  location const b = f.add(segment);
  f.save({message_status{.at = a, .attempts = 1}, message_status{.at = b, .attempts = 1}});
  f.disk.content(f.of.segment_path(segment.id()))[a.offset + 50] ^= 1;
  recovery const answer = f.run();
  EXPECT_EQ(f.found, places{b});
  EXPECT_EQ(answer.lost, places{a});
  EXPECT_EQ(answer.damages.size(), 1U);
}

// One row per way in which a relocation may have been cut short.
TEST(recover, of_original_and_copy_exactly_one_counts) {
  enum class original { pending, done, removed, damaged };
  struct row {
    char const* name;
    original first;
    bool moved_saved;
    bool original_found;
    bool copy_found;
  };
  row const rows[] = {
      {"cut before the move was saved", original::pending, false, true, false},
      {"the original ended before the move was saved", original::done, false, false, false},
      {"moved", original::pending, true, false, true},
      {"moved and removed", original::removed, true, false, true},
      {"removed, and the move is lost with a piece of the state log", original::removed, false, false, true},
      {"damaged, and the move not saved", original::damaged, false, false, true},
  };
  for (row const& at : rows) {
    fixture f;
    auto from = f.make_segment();
    auto to = f.make_segment();
    location const a = f.add(from);
    location const b = f.add(to, a);
    if (at.first == original::done) f.save({messages_done{a.segment, {a.offset}}});
    if (at.moved_saved) f.save({message_status{.at = b, .moved_from = a}});
    if (at.first == original::removed) ASSERT_TRUE(f.of.remove_segment(a.segment));
    if (at.first == original::damaged) f.disk.content(f.of.segment_path(a.segment))[a.offset + 50] ^= 1;
    recovery const answer = f.run();
    EXPECT_EQ(std::ranges::count(f.found, a), at.original_found ? 1 : 0) << at.name;
    EXPECT_EQ(std::ranges::count(f.found, b), at.copy_found ? 1 : 0) << at.name;
    EXPECT_EQ(answer.dead_copies.empty(), at.copy_found) << at.name;
  }
}

TEST(restore, a_dead_copy_is_saved_as_done_before_its_original_can_go) {
  fixture f;
  location a;
  location b;
  {
    auto from = f.make_segment();
    auto to = f.make_segment();
    a = f.add(from);
    b = f.add(to, a);
    f.add(to);  // keeps the copy's segment
  }
  manager of({}, [](recipient const&) { return route{"smtp", "x"}; }, [] { return 0.0; });
  ASSERT_TRUE(restore(of, f.of, moment));
  EXPECT_EQ(of.counts().messages, 2U);
  of.remove(queue_id{1});
  auto const actions = of.take_actions(moment);
  EXPECT_TRUE(actions.removable.empty());
  EXPECT_EQ(std::get<messages_done>(actions.state.at(0)), (messages_done{b.segment, {b.offset}}));
  of.on_state_saved(1);
  EXPECT_TRUE(of.take_actions(moment).removable.empty());
  of.on_state_saved(2);
  EXPECT_EQ(of.take_actions(moment).removable, std::vector<segment_id>{a.segment});
}

TEST(restore, an_empty_segment_of_a_dead_writer_can_go) {
  fixture f;
  segment_id const id = f.make_segment().id();
  manager of({}, [](recipient const&) { return route{"smtp", "x"}; }, [] { return 0.0; });
  ASSERT_TRUE(restore(of, f.of, moment));
  EXPECT_EQ(of.take_actions(moment).removable, std::vector<segment_id>{id});
}

TEST(scan_segment, tells_everything_after_an_offset_but_copies) {
  fixture f;
  auto segment = f.make_segment();
  location const a = f.add(segment);
  location const b = f.add(segment);
  f.add(segment, a);
  std::vector<damage_report> damages;
  places all;
  auto const take = [&](found_message const& message) { all.push_back(message.at); };
  auto const scanned = scan_segment(f.of, segment.id(), 0, take, damages);
  EXPECT_EQ(all, (places{a, b}));
  EXPECT_EQ(scanned.scanned_until, segment.size());
  all.clear();
  scan_segment(f.of, segment.id(), b.offset, take, damages);
  EXPECT_EQ(all, places{b});
}

TEST(relocate, copies_what_is_not_done_with_its_content) {
  fixture f;
  auto from = f.make_segment();
  auto to = f.make_segment();
  location const a = f.add(from);
  location const b = f.add(from);
  auto const outcome = relocate_segment(f.of, from.id(), {a.offset}, to);
  EXPECT_FALSE(outcome.error);
  ASSERT_EQ(outcome.copies.size(), 1U);
  EXPECT_EQ(outcome.copies[0].from, b);
  auto const file = f.of.open_segment(to.id()).value();
  auto const body = read_record(*file, outcome.copies[0].to, record_type::message).value();
  auto const copy = parse_message_record(body, outcome.copies[0].to).value();
  EXPECT_EQ(copy.env.relocated_from, b);
  EXPECT_EQ(copy.header_length, 14U);
  std::string content(copy.content_size, '\0');
  EXPECT_EQ(content_reader(*file, copy.content).read(content).value(), 14U);
  EXPECT_EQ(content, "Subject: x\r\n\r\n");
}

TEST(relocate, a_failure_names_every_copy_that_may_be_there) {
  for (std::uint64_t at = 1; at <= 3; ++at) {
    fixture f;
    auto from = f.make_segment();
    auto to = f.make_segment();
    f.add(from);
    f.add(from);
    f.disk.fail_at(f.disk.operations() + at);
    auto const outcome = relocate_segment(f.of, from.id(), {}, to);
    EXPECT_TRUE(outcome.error) << at;
    EXPECT_EQ(outcome.copies.size(), std::min<std::uint64_t>(at, 2)) << at;
  }
}

}  // namespace
}  // namespace postern::queue
