#include "queue/queue_id.hpp"

#include <set>

#include <gtest/gtest.h>

namespace postern::queue {
namespace {

wall_time const moment{std::chrono::seconds(1767225600)};

TEST(queue_id, text_goes_both_ways) {
  queue_id const id = queue_id_generator(writer_number{5}).next(moment);
  std::string const text = format_queue_id(id);
  EXPECT_EQ(text, "0AC3F84260000005");
  EXPECT_EQ(parse_queue_id(text), id);
}

TEST(queue_id, what_is_no_queue_id) {
  for (char const* text : {"", "0", "0AC3F8426000000", "0AC3F842600000055", "0AC3F8426000000G", "-AC3F84260000005",
                           " AC3F84260000005", "0xC3F84260000005"}) {
    EXPECT_FALSE(parse_queue_id(text)) << text;
  }
}

TEST(queue_id, never_twice_when_the_clock_stands_or_steps_back) {
  queue_id_generator ids(writer_number{writer_number_max});
  std::set<queue_id> seen;
  for (int round = 0; round < 1000; ++round) {
    seen.insert(ids.next(moment));
    seen.insert(ids.next(moment - std::chrono::seconds(round)));
  }
  EXPECT_EQ(seen.size(), 2000U);
}

TEST(queue_id, writers_never_meet) {
  queue_id_generator a(writer_number{1});
  queue_id_generator b(writer_number{2});
  for (int round = 0; round < 100; ++round) EXPECT_NE(a.next(moment), b.next(moment));
}

TEST(queue_id, a_clock_before_the_epoch_still_gives_ids) {
  queue_id_generator ids(writer_number{0});
  EXPECT_LT(ids.next(wall_time{}), ids.next(wall_time{}));
}

}  // namespace
}  // namespace postern::queue
