// The life of a small queue, run again and again with the power cut, or an error, at operation 1, 2, 3 …
#include <cstdlib>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "queue/testing/queue_world.hpp"

namespace postern::queue::testing {
namespace {

// Everything a queue does: accept alone and in batches, large and small, deliver, defer, bounce, rotate, relocate,
// snapshot, remove.
void live(queue_world& world) {
  for (int attempt = 0; attempt < 10 && !world.is_up(); ++attempt) world.boot();
  if (!world.is_up()) return;
  world.accept({"ok-1"}, 100);
  world.accept({"later-1"}, 120);
  world.accept({"bad-1"}, 90);
  world.accept({"ok-2", "later-2", "bad-2"}, 2000);
  world.accept_together({{"ok-3"}, {"ok-4"}, {"ok-5", "ok-6"}});
  world.pump();
  world.change_segment();
  for (int round = 0; round < 12; ++round) world.accept({"ok-" + std::to_string(round)}, 300);
  world.pump();
  world.change_segment();
  world.pass(std::chrono::seconds(400));
  world.accept({"later-3"}, 50);
  world.pass(std::chrono::seconds(400));
  world.pass(std::chrono::seconds(5000));
  world.pass(std::chrono::seconds(5000));
}

void expect_all_is_there(queue_world& world, queue_history const& history) {
  std::map<queue_id, int> queued;
  world.list([&](queue_id id) { ++queued[id]; });
  for (auto const& [id, count] : queued) {
    EXPECT_TRUE(history.tried.contains(id)) << "a message nobody sent: " << format_queue_id(id);
    EXPECT_EQ(count, 1) << format_queue_id(id);
    EXPECT_TRUE(history.may_repeat || !history.end_saved.contains(id)) << "came back: " << format_queue_id(id);
  }
  for (queue_id const id : history.acknowledged) {
    EXPECT_TRUE(queued.contains(id) || history.has_ended(id)) << "lost: " << format_queue_id(id);
  }
}

void finish(queue_world& world, queue_history const& history) {
  for (int round = 0; round < 6; ++round) world.pass(std::chrono::seconds(5000));
  std::size_t left = 0;
  world.list([&](queue_id) { ++left; });
  EXPECT_EQ(left, 0U);
  for (queue_id const id : history.acknowledged) EXPECT_TRUE(history.has_ended(id)) << format_queue_id(id);
}

TEST(power_loss, undisturbed_life_ends_with_an_empty_spool) {
  power_loss_filesystem disk;
  queue_history history;
  queue_world world(disk, history);
  live(world);
  finish(world, history);
  EXPECT_GE(history.acknowledged.size(), 21U);
  EXPECT_GT(world.relocations(), 0U);
  EXPECT_GT(world.snapshots(), 0U);
  world.drop_writers();
  world.pump();
  EXPECT_EQ(disk.list(world.root() + "/segments").value().size(), 0U);
}

// True when operation `at` was reached.
bool live_and_cut(std::uint64_t at, std::uint64_t seed, bool keep_nothing) {
  SCOPED_TRACE(fmt::format("power cut at operation {}, seed {}", at, seed));
  power_loss_filesystem disk(seed);
  disk.keep_nothing(keep_nothing);
  queue_history history;
  queue_world before(disk, history);
  disk.cut_power_at(at);
  live(before);
  if (!disk.is_off()) return false;
  disk.lose_power();
  queue_world after(disk, history, std::chrono::seconds(1));
  EXPECT_TRUE(after.boot());
  expect_all_is_there(after, history);
  finish(after, history);
  return true;
}

TEST(power_loss, cut_at_each_operation) {
  std::uint64_t at = 1;
  while (live_and_cut(at, 7, true) && !HasFailure()) ++at;
  EXPECT_GT(at, 80U);
}

TEST(power_loss, cut_at_each_operation_with_a_random_part_kept) {
  for (std::uint64_t seed = 1; seed <= 5 && !HasFailure(); ++seed) {
    std::uint64_t at = 1;
    while (live_and_cut(at, seed, false) && !HasFailure()) ++at;
    EXPECT_GT(at, 80U);
  }
}

// The second cut comes in the life after the first one, from its recovery on.
void live_and_cut_twice(std::uint64_t first, std::uint64_t second) {
  SCOPED_TRACE(fmt::format("power cuts at operations {} and {}", first, second));
  power_loss_filesystem disk(first * 1000 + second);
  queue_history history;
  queue_world before(disk, history);
  disk.cut_power_at(first);
  live(before);
  disk.lose_power();
  queue_world between(disk, history, std::chrono::seconds(1000));
  disk.cut_power_at(second);
  if (between.boot()) between.pump();
  between.pass(std::chrono::seconds(400));
  between.accept({"later-4"}, 60);
  between.pass(std::chrono::seconds(400));
  disk.lose_power();
  queue_world after(disk, history, std::chrono::seconds(2000));
  EXPECT_TRUE(after.boot());
  expect_all_is_there(after, history);
  finish(after, history);
}

TEST(power_loss, cut_twice) {
  for (std::uint64_t first = 5; first < 110 && !HasFailure(); ++first) {
    for (std::uint64_t second = 1 + first % 3; second < 50 && !HasFailure(); second += 3) {
      live_and_cut_twice(first, second);
    }
  }
}

// An error, not a cut: the program lives on, what it promised stays promised.
TEST(power_loss, error_at_each_operation) {
  for (std::uint64_t const count : {1U, 7U}) {
    for (std::uint64_t at = 1; !HasFailure(); ++at) {
      SCOPED_TRACE(fmt::format("{} errors from operation {}", count, at));
      power_loss_filesystem disk(at);
      queue_history history;
      queue_world world(disk, history);
      disk.fail_at(at, count);
      live(world);
      bool const reached = disk.operations() >= at;
      ASSERT_TRUE(world.is_up());
      finish(world, history);
      disk.lose_power();
      queue_world after(disk, history, std::chrono::seconds(40000));
      EXPECT_TRUE(after.boot());
      expect_all_is_there(after, history);
      if (!reached) break;
    }
  }
}

// One read error goes unnoticed; many in a row may hide messages until the next start, or forget that they ended.
void recover_with_read_errors(std::uint64_t read, std::uint64_t count) {
  SCOPED_TRACE(fmt::format("{} reads from {} fail", count, read));
  power_loss_filesystem disk(read);
  queue_history history;
  queue_world before(disk, history);
  disk.cut_power_at(70);
  live(before);
  disk.lose_power();
  disk.fail_read_at(read, count);
  queue_world between(disk, history, std::chrono::seconds(1));
  if (count > 1) history.may_repeat = true;
  if (between.boot()) between.pump();
  disk.lose_power();
  queue_world after(disk, history, std::chrono::seconds(2));
  EXPECT_TRUE(after.boot());
  expect_all_is_there(after, history);
  finish(after, history);
}

TEST(power_loss, read_errors_during_recovery) {
  for (std::uint64_t read = 1; read < 60 && !HasFailure(); ++read) {
    recover_with_read_errors(read, 1);
    recover_with_read_errors(read, 6);
  }
}

// Random garbage in a segment: what stands beside it is found, what it hit is in quarantine.
TEST(power_loss, garbage_in_a_segment_hits_only_what_it_hits) {
  for (std::uint64_t seed = 1; seed <= 200 && !HasFailure(); ++seed) {
    power_loss_filesystem disk(seed);
    queue_history history;
    queue_world before(disk, history);
    ASSERT_TRUE(before.boot());
    std::vector<queue_id> ids;
    for (int count = 0; count < 8; ++count) ids.push_back(*before.accept({"later-1"}, 200));
    std::string const path = before.root() + "/segments/" + disk.list(before.root() + "/segments").value().front();
    std::mt19937_64 random(seed);
    std::string& octets = disk.content(path);
    std::size_t const record = octets.size() / ids.size();
    std::size_t const length = 1 + random() % record;
    std::size_t const at = random() % (octets.size() - length);
    for (std::size_t index = at; index < at + length; ++index) octets[index] = static_cast<char>(random());
    disk.lose_power();
    queue_world after(disk, history, std::chrono::seconds(1));
    ASSERT_TRUE(after.boot());
    std::set<queue_id> queued;
    after.list([&](queue_id id) { queued.insert(id); });
    for (std::size_t index = 0; index < ids.size(); ++index) {
      bool const hit = at < (index + 1) * record && at + length > index * record;
      EXPECT_TRUE(hit || queued.contains(ids[index])) << "seed " << seed << " message " << index;
    }
    EXPECT_LT(queued.size(), ids.size());
    EXPECT_GE(disk.list(after.root() + "/quarantine").value().size(), 1U);
  }
}

}  // namespace
}  // namespace postern::queue::testing
