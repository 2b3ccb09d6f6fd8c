#include "queue/segment_ledger.hpp"

#include <gtest/gtest.h>

#include "queue/text_pool.hpp"

namespace postern::queue {
namespace {

constexpr segment_id one{1};
using ids = std::vector<segment_id>;

TEST(segment_ledger, a_segment_goes_when_closed_and_done_and_saved_and_only_once) {
  segment_ledger ledger;
  ledger.open(one);
  ledger.add_live({one, 8}, 100);
  ledger.add_done({one, 8}, 100, true);
  ledger.mention(one, 7);
  EXPECT_EQ(ledger.take_removable(7), ids{}) << "open";
  ledger.close(one, 1000);
  EXPECT_EQ(ledger.take_removable(6), ids{}) << "not saved";
  EXPECT_EQ(ledger.take_removable(7), ids{one});
  EXPECT_EQ(ledger.take_removable(8), ids{});
}

TEST(segment_ledger, a_late_mention_makes_it_wait) {
  segment_ledger ledger;
  ledger.open(one);
  ledger.close(one, 0);
  ledger.mention(one, 9);
  EXPECT_EQ(ledger.take_removable(8), ids{});
  EXPECT_EQ(ledger.take_removable(9), ids{one});
}

TEST(segment_ledger, nothing_goes_while_something_lives_or_is_relocated) {
  segment_ledger ledger;
  ledger.open(one);
  ledger.add_live({one, 8}, 10);
  ledger.add_live({one, 16}, 10);
  ledger.add_done({one, 8}, 10, true);
  ledger.close(one, 1000);
  EXPECT_EQ(ledger.take_removable(99), ids{});
  EXPECT_EQ(ledger.find_sparse(10), ids{one});
  ledger.begin_relocation(one);
  EXPECT_EQ(ledger.find_sparse(10), ids{});
  EXPECT_EQ(ledger.done_offsets(one), std::unordered_set<std::uint64_t>{8});
  ledger.add_done({one, 16}, 10, true);
  EXPECT_EQ(ledger.take_removable(99), ids{});
  ledger.end_relocation(one);
  EXPECT_EQ(ledger.take_removable(99), ids{one});
}

TEST(segment_ledger, a_full_segment_is_not_sparse) {
  segment_ledger ledger;
  ledger.open(one);
  ledger.add_live({one, 8}, 500);
  ledger.close(one, 1000);
  EXPECT_EQ(ledger.find_sparse(10), ids{});
  EXPECT_EQ(ledger.find_sparse(51), ids{one});
}

TEST(text_pool, equal_texts_are_kept_once_and_go_with_their_last_use) {
  text_pool pool;
  EXPECT_EQ(pool.add(""), text_id{});
  text_id const a = pool.add("a");
  EXPECT_EQ(pool.add("a"), a);
  text_id const b = pool.add("b");
  EXPECT_NE(a, b);
  pool.drop(a);
  EXPECT_EQ(pool.text(a), "a");
  pool.drop(a);
  EXPECT_EQ(pool.size(), 1U);
  EXPECT_EQ(pool.add("c"), a) << "the place is used again";
  EXPECT_EQ(pool.text(b), "b");
  pool.drop(text_id{});
  EXPECT_EQ(pool.size(), 2U);
}

}  // namespace
}  // namespace postern::queue
