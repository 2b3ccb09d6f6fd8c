#include "queue/state_log.hpp"

#include <gtest/gtest.h>

#include "queue/testing/power_loss_filesystem.hpp"

namespace postern::queue {
namespace {

constexpr segment_id one{1};
std::string const directory = "/q/state";

state_entry status_at(std::uint64_t offset, std::uint16_t attempts) {
  return message_status{.at = {one, offset}, .attempts = attempts};
}

result<> save(state_log& to, state_entry const& entry) { return to.save(std::span(&entry, 1)); }

std::size_t attempts_at(loaded_state const& of, std::uint64_t offset) {
  message_status const* const status = of.image.find({one, offset});
  return status == nullptr ? 0 : status->attempts;
}

TEST(state_log, an_empty_directory_is_an_empty_state) {
  testing::power_loss_filesystem disk;
  auto const loaded = load_state(disk, directory).value();
  EXPECT_TRUE(loaded.image.status().empty());
  EXPECT_TRUE(loaded.reports.empty());
}

TEST(state_log, what_was_saved_is_loaded) {
  testing::power_loss_filesystem disk;
  disk.keep_nothing(true);
  for (std::uint16_t round = 1; round <= 3; ++round) {
    auto const loaded = load_state(disk, directory).value();
    EXPECT_EQ(attempts_at(loaded, 8), round - 1U);
    state_log log(disk, directory, loaded);
    ASSERT_TRUE(save(log, status_at(8, round)));
    disk.lose_power();
  }
}

TEST(state_log, a_snapshot_replaces_the_files_before_it) {
  testing::power_loss_filesystem disk;
  disk.keep_nothing(true);
  state_log log(disk, directory, {}, {.log_octets_before_snapshot = 100});
  ASSERT_TRUE(save(log, status_at(8, 1)));
  EXPECT_FALSE(log.wants_snapshot());
  ASSERT_TRUE(save(log, status_at(16, 1)));
  EXPECT_TRUE(log.wants_snapshot());
  ASSERT_TRUE(log.save_snapshot(snapshot_text([](auto const& each) {
    each(status_at(8, 5));
    each(messages_done{one, {16}});
  })));
  EXPECT_FALSE(log.wants_snapshot());
  EXPECT_EQ(disk.list(directory).value().size(), 1U);
  ASSERT_TRUE(save(log, status_at(24, 2)));
  disk.lose_power();
  auto const loaded = load_state(disk, directory).value();
  EXPECT_EQ(attempts_at(loaded, 8), 5U);
  EXPECT_EQ(attempts_at(loaded, 24), 2U);
  EXPECT_TRUE(loaded.image.is_done({one, 16}));
  EXPECT_TRUE(loaded.reports.empty());
}

TEST(state_log, a_long_list_of_done_records_is_split) {
  testing::power_loss_filesystem disk;
  messages_done all{one, {}};
  for (std::uint64_t count = 0; count < 20000; ++count) all.offsets.push_back(count * 8);
  state_log log(disk, directory, {});
  ASSERT_TRUE(log.save_snapshot(snapshot_text([&](auto const& each) { each(all); })));
  auto const loaded = load_state(disk, directory).value();
  EXPECT_EQ(loaded.image.done().at(one).size(), all.offsets.size());
}

TEST(state_log, a_failed_save_may_be_repeated) {
  testing::power_loss_filesystem disk;
  disk.keep_nothing(true);
  state_log log(disk, directory, {});
  ASSERT_TRUE(save(log, status_at(8, 1)));
  disk.fail_at(disk.operations() + 2);  // its sync
  EXPECT_FALSE(save(log, status_at(8, 2)));
  ASSERT_TRUE(save(log, status_at(8, 2)));
  disk.lose_power();
  EXPECT_EQ(attempts_at(load_state(disk, directory).value(), 8), 2U);
}

TEST(state_log, entries_after_a_failed_snapshot_are_not_lost) {
  for (std::uint64_t at = 1; at <= 5; ++at) {
    testing::power_loss_filesystem disk(at);
    state_log log(disk, directory, {});
    ASSERT_TRUE(save(log, status_at(8, 1)));
    disk.fail_at(disk.operations() + at);
    bool const done = log.save_snapshot(snapshot_text([](auto const& each) { each(status_at(8, 1)); })).has_value();
    EXPECT_FALSE(done) << at;
    ASSERT_TRUE(save(log, status_at(8, 2)));
    ASSERT_TRUE(save(log, status_at(16, 3)));
    disk.lose_power();
    auto const loaded = load_state(disk, directory).value();
    EXPECT_EQ(attempts_at(loaded, 8), 2U) << at;
    EXPECT_EQ(attempts_at(loaded, 16), 3U) << at;
  }
}

TEST(state_log, a_torn_tail_is_cut_and_reported) {
  testing::power_loss_filesystem disk;
  state_log log(disk, directory, {});
  ASSERT_TRUE(save(log, status_at(8, 1)));
  std::string& octets = disk.content(directory + "/" + disk.list(directory).value().front());
  std::size_t const first = octets.size();
  ASSERT_TRUE(save(log, status_at(8, 2)));
  std::string const whole = octets;
  for (std::size_t length = first; length < whole.size(); ++length) {
    octets = whole.substr(0, length);
    auto const loaded = load_state(disk, directory).value();
    EXPECT_EQ(attempts_at(loaded, 8), 1U);
    EXPECT_EQ(loaded.reports.size(), length == first ? 0U : 1U);
  }
}

TEST(state_log, damage_in_the_middle_costs_one_entry) {
  testing::power_loss_filesystem disk;
  state_log log(disk, directory, {});
  for (std::uint64_t offset : {8U, 16U, 24U}) ASSERT_TRUE(save(log, status_at(offset, 1)));
  std::string& octets = disk.content(directory + "/" + disk.list(directory).value().front());
  octets[octets.size() / 2] ^= 1;
  auto const loaded = load_state(disk, directory).value();
  EXPECT_EQ(loaded.image.status().size(), 2U);
  EXPECT_EQ(loaded.reports.size(), 1U);
}

TEST(state_log, a_snapshot_without_an_end_is_salvaged) {
  testing::power_loss_filesystem disk;
  state_log log(disk, directory, {});
  ASSERT_TRUE(log.save_snapshot(snapshot_text([](auto const& each) { each(status_at(8, 1)); })));
  std::string& octets = disk.content(directory + "/" + disk.list(directory).value().front());
  octets.resize(octets.size() - record_header_size);
  ASSERT_TRUE(save(log, status_at(16, 1)));
  auto const loaded = load_state(disk, directory).value();
  EXPECT_EQ(loaded.image.status().size(), 2U);
}

TEST(state_log, files_of_others_are_left_alone) {
  testing::power_loss_filesystem disk;
  ASSERT_TRUE(disk.create_append(directory + "/README"));
  state_log log(disk, directory, load_state(disk, directory).value());
  ASSERT_TRUE(log.save_snapshot(snapshot_text([](auto const&) {})));
  EXPECT_EQ(disk.list(directory).value().size(), 2U);
}

}  // namespace
}  // namespace postern::queue
