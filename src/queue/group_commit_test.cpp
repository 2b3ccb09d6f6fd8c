#include "queue/group_commit.hpp"

#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <semaphore>

#include <gtest/gtest.h>

#include "queue/segment_reader.hpp"

namespace postern::queue {
namespace {

constexpr segment_id id{42};

std::string make_record(std::string_view body) {
  std::string record = begin_record(body.size());
  record += body;
  close_record(record, record_type::message);
  return record;
}

// Keeps each sync until the test lets it go.
class slow_file final : public os::append_file {
 public:
  struct switches {
    std::counting_semaphore<> may_sync{0};
    std::counting_semaphore<> in_sync{0};
    std::atomic<int> syncs{0};
    std::atomic<int> fail_sync_at{0};
    std::atomic<bool> fail_writes{false};
    std::string octets;
  };
  explicit slow_file(switches& of) : of_(of) {}
  result<> append(std::span<std::string_view const> pieces) override {
    if (of_.fail_writes) return fail("no space");
    for (std::string_view piece : pieces) of_.octets += piece;
    return {};
  }
  result<> sync_data() override {
    of_.in_sync.release();
    of_.may_sync.acquire();
    if (++of_.syncs == of_.fail_sync_at) return fail("no sync");
    return {};
  }
  result<std::uint64_t> size() override { return of_.octets.size(); }
  result<> lock_shared() override { return {}; }
  int descriptor() const noexcept override { return -1; }

 private:
  switches& of_;
};

struct outcome {
  std::uint64_t cookie;
  bool ok;
  friend bool operator==(outcome const&, outcome const&) = default;
};

// What the commit thread reported; read after the group_commit is gone.
struct recorder {
  std::vector<outcome> outcomes;
  group_commit::batch_handler handler() {
    return [this](std::span<commit_done const> done, failure const* error) {
      for (commit_done const& one : done) outcomes.push_back({one.cookie, error == nullptr});
    };
  }
};

TEST(group_commit, one_sync_for_all_that_wait) {
  slow_file::switches file;
  recorder seen;
  {
    group_commit commit(segment_writer(std::make_unique<slow_file>(file), id), seen.handler());
    ASSERT_TRUE(commit.submit(make_record("a"), durability::synced, 1));
    file.in_sync.acquire();
    for (std::uint64_t cookie = 2; cookie <= 50; ++cookie) {
      ASSERT_TRUE(commit.submit(make_record("b"), durability::synced, cookie));
    }
    file.may_sync.release(2);
  }
  EXPECT_EQ(file.syncs, 2);
  ASSERT_EQ(seen.outcomes.size(), 50U);
  for (std::uint64_t cookie = 1; cookie <= 50; ++cookie) EXPECT_EQ(seen.outcomes[cookie - 1], (outcome{cookie, true}));
}

TEST(group_commit, chunks_alone_are_not_synced_and_stand_before_their_message) {
  slow_file::switches file;
  recorder seen;
  location chunk;
  location message;
  {
    group_commit commit(segment_writer(std::make_unique<slow_file>(file), id), seen.handler());
    chunk = commit.submit(make_record("chunk"), durability::written, 1).value();
    message = commit.submit(make_record("message"), durability::synced, 2).value();
    file.may_sync.release(1);
  }
  EXPECT_LT(chunk.offset, message.offset);
  EXPECT_EQ(file.syncs, 1);
  EXPECT_EQ(seen.outcomes, (std::vector<outcome>{{1, true}, {2, true}}));
}

TEST(group_commit, what_is_collected_is_one_batch) {
  slow_file::switches file;
  recorder seen;
  {
    group_commit commit(segment_writer(std::make_unique<slow_file>(file), id), seen.handler());
    commit.start();  // nothing to do
    for (std::uint64_t cookie = 1; cookie <= 3; ++cookie) {
      ASSERT_TRUE(commit.collect(make_record("a"), durability::synced, cookie));
    }
    std::string record = make_record("b");
    EXPECT_FALSE(commit.commit_alone(record)) << "others wait";
    commit.start();
    file.in_sync.acquire();
    ASSERT_TRUE(commit.collect(record, durability::synced, 4));  // the end of all commits it, start() or not
    file.may_sync.release(2);
  }
  EXPECT_EQ(file.syncs, 2);
  EXPECT_EQ(seen.outcomes, (std::vector<outcome>{{1, true}, {2, true}, {3, true}, {4, true}}));
}

TEST(group_commit, a_failed_sync_fails_all_that_wait_and_poisons) {
  slow_file::switches file;
  file.fail_sync_at = 1;
  recorder seen;
  {
    group_commit commit(segment_writer(std::make_unique<slow_file>(file), id), seen.handler());
    ASSERT_TRUE(commit.submit(make_record("a"), durability::synced, 1));
    file.in_sync.acquire();
    ASSERT_TRUE(commit.submit(make_record("b"), durability::synced, 2));
    file.may_sync.release(1);
    while (!commit.poisoned()) std::this_thread::yield();
    EXPECT_FALSE(commit.submit(make_record("c"), durability::synced, 3));
  }
  EXPECT_EQ(file.syncs, 1);
  EXPECT_EQ(seen.outcomes, (std::vector<outcome>{{1, false}, {2, false}}));
}

// Waits until the commit thread rests.
result<commit_done> commit_alone(group_commit& commit, std::string record) {
  while (true) {
    if (auto done = commit.commit_alone(record)) return *done;
    std::this_thread::yield();
  }
}

TEST(group_commit, a_lone_record_is_synced_by_its_caller) {
  slow_file::switches file;
  recorder seen;
  {
    group_commit commit(segment_writer(std::make_unique<slow_file>(file), id), seen.handler(), 1U << 20,
                        std::chrono::hours(1));
    std::string record = make_record("too early");
    EXPECT_FALSE(commit.commit_alone(record)) << "nobody knows yet how quick the disk is";
    auto const first = commit.submit(record, durability::synced, 1).value();
    file.in_sync.acquire();
    EXPECT_FALSE(commit.commit_alone(record)) << "the commit thread is at it";
    file.may_sync.release(2);
    auto const second = commit_alone(commit, make_record("second"));
    ASSERT_TRUE(second);
    EXPECT_EQ(second->place.offset, first.offset + record.size());
    EXPECT_EQ(file.syncs, 2);
    file.fail_sync_at = 3;
    file.may_sync.release(1);
    EXPECT_FALSE(commit_alone(commit, make_record("third")));
    EXPECT_TRUE(commit.poisoned());
    EXPECT_FALSE(commit.commit_alone(record));
    EXPECT_FALSE(commit.submit(record, durability::synced, 2));
  }
  EXPECT_EQ(seen.outcomes, (std::vector<outcome>{{1, true}})) << "the handler speaks for what was submitted";
}

TEST(group_commit, a_slow_disk_is_left_to_the_commit_thread) {
  slow_file::switches file;
  recorder seen;
  {
    group_commit commit(segment_writer(std::make_unique<slow_file>(file), id), seen.handler(), 1U << 20,
                        std::chrono::steady_clock::duration(-1));
    file.may_sync.release(2);
    ASSERT_TRUE(commit.submit(make_record("a"), durability::synced, 1));
    file.in_sync.acquire();
    ASSERT_TRUE(commit.submit(make_record("b"), durability::synced, 2));
    file.in_sync.acquire();
    std::string record = make_record("c");
    EXPECT_FALSE(commit.commit_alone(record));
  }
  EXPECT_EQ(file.syncs, 2);
}

TEST(group_commit, a_failed_write_is_never_synced) {
  slow_file::switches file;
  file.fail_writes = true;
  recorder seen;
  {
    group_commit commit(segment_writer(std::make_unique<slow_file>(file), id), seen.handler());
    ASSERT_TRUE(commit.submit(make_record("a"), durability::synced, 1));
  }
  EXPECT_EQ(file.syncs, 0);
  EXPECT_EQ(seen.outcomes, (std::vector<outcome>{{1, false}}));
}

TEST(group_commit, refuses_when_too_much_waits) {
  slow_file::switches file;
  recorder seen;
  {
    group_commit commit(segment_writer(std::make_unique<slow_file>(file), id), seen.handler(), 100);
    ASSERT_TRUE(commit.submit(make_record("a"), durability::synced, 1));
    file.in_sync.acquire();
    ASSERT_TRUE(commit.submit(make_record("b"), durability::synced, 2));
    EXPECT_FALSE(commit.submit(make_record(std::string(100, 'c')), durability::synced, 3));
    file.may_sync.release(2);
  }
  EXPECT_EQ(seen.outcomes.size(), 2U);
}

TEST(group_commit, many_threads_on_a_real_file) {
  std::string path = ::testing::TempDir() + "group_commit_XXXXXX";
  int const fd = ::mkstemp(path.data());
  ASSERT_GE(fd, 0);
  recorder seen;
  constexpr std::uint64_t threads = 4, each = 200;
  {
    group_commit commit(segment_writer(os::adopt_append_file(os::unique_fd(fd), path), id), seen.handler());
    std::vector<std::thread> workers;
    for (std::uint64_t worker = 0; worker < threads; ++worker) {
      workers.emplace_back([&commit, worker] {
        for (std::uint64_t count = 0; count < each; ++count) {
          std::uint64_t const cookie = worker * each + count;
          EXPECT_TRUE(commit.submit(make_record(std::to_string(cookie)), durability::synced, cookie));
        }
      });
    }
    for (std::thread& worker : workers) worker.join();
  }
  EXPECT_EQ(seen.outcomes.size(), threads * each);
  auto const file = os::native_filesystem().open_read(path).value();
  segment_scanner scanner(*file, id);
  std::vector<bool> found(threads * each);
  while (true) {
    auto const step = scanner.next().value();
    if (std::holds_alternative<end_of_segment>(step)) break;
    ASSERT_TRUE(std::holds_alternative<whole_record>(step));
    found.at(std::stoul(std::string(std::get<whole_record>(step).body))) = true;
  }
  EXPECT_TRUE(std::ranges::all_of(found, [](bool there) { return there; }));
  EXPECT_TRUE(os::native_filesystem().remove(path));
}

}  // namespace
}  // namespace postern::queue
