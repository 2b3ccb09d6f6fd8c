#include "queue/scheduler.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace postern::queue {
namespace {

wall_time const moment{std::chrono::seconds(1767225600)};

scheduler make(unsigned deliveries_max = 1000) {
  return {{.initial_destination_concurrency = 2,
           .default_destination_concurrency_limit = 4,
           .deliveries_max = deliveries_max},
          {}};
}

void add(scheduler& to, destination_id where, std::uint64_t count, lane in = lane::user, std::uint64_t first = 1) {
  for (std::uint64_t id = first; id < first + count; ++id) to.add(where, in, {queue_id{id}, 0});
}

// Starts all that may start.
std::vector<scheduler::turn> start_all(scheduler& of) {
  std::vector<scheduler::turn> turns;
  while (auto const turn = of.take()) {
    of.started(turn->destination, turn->in);
    turns.push_back(*turn);
  }
  return turns;
}

TEST(scheduler, a_destination_has_one_name) {
  scheduler of = make();
  EXPECT_EQ(of.acquire("smtp", "a"), of.acquire("smtp", "a"));
  EXPECT_NE(of.acquire("smtp", "a"), of.acquire("lmtp", "a"));
  EXPECT_EQ(of.nexthop(of.acquire("smtp", "b")), "b");
}

TEST(scheduler, an_unused_destination_is_forgotten_after_its_last_delivery) {
  scheduler of = make();
  auto const a = of.acquire("smtp", "a");
  EXPECT_EQ(of.acquire("smtp", "a"), a);
  add(of, a, 1);
  EXPECT_EQ(start_all(of).size(), 1U);
  of.release(a);
  of.release(a);
  EXPECT_EQ(of.destinations(), 1U);
  of.ended(a, lane::user);
  EXPECT_EQ(of.destinations(), 0U);
  auto const b = of.acquire("smtp", "b");
  EXPECT_EQ(b, a) << "the place is used again";
  add(of, b, 100);
  EXPECT_EQ(start_all(of).size(), 2U);
}

TEST(scheduler, a_place_left_in_a_ring_serves_its_next_owner) {
  scheduler of = make();
  auto const a = of.acquire("smtp", "a");
  add(of, a, 10);
  of.release(a);
  auto const b = of.acquire("smtp", "b");
  EXPECT_TRUE(start_all(of).empty());
  add(of, b, 1);
  EXPECT_EQ(start_all(of).size(), 1U);
}

TEST(scheduler, work_leaves_in_the_order_it_came) {
  scheduler of = make();
  auto const a = of.acquire("smtp", "a");
  add(of, a, 1000);
  for (std::uint64_t want = 1; want <= 1000; ++want) EXPECT_EQ(of.take()->what.message.value, want);
  EXPECT_FALSE(of.take());
}

TEST(scheduler, the_window_rises_on_success_up_to_the_limit) {
  scheduler of = make();
  auto const a = of.acquire("smtp", "a");
  add(of, a, 100);
  std::size_t running = start_all(of).size();
  EXPECT_EQ(running, 2U);
  for (std::size_t const want : {3U, 4U, 4U, 4U}) {
    of.on_success(a);
    of.ended(a, lane::user);
    running += start_all(of).size() - 1;
    EXPECT_EQ(running, want);
  }
}

TEST(scheduler, trouble_narrows_the_window_then_the_destination_is_dead) {
  scheduler of = make();
  auto const a = of.acquire("smtp", "a");
  add(of, a, 100);
  EXPECT_EQ(start_all(of).size(), 2U);
  EXPECT_FALSE(of.on_trouble(a, "refused", moment, 0));
  of.ended(a, lane::user);
  EXPECT_TRUE(start_all(of).empty());
  EXPECT_TRUE(of.on_trouble(a, "refused", moment, 0));
  of.ended(a, lane::user);
  EXPECT_TRUE(of.is_dead(a));
  EXPECT_TRUE(start_all(of).empty());
  EXPECT_EQ(of.next_event(), moment + std::chrono::seconds(300));

  of.on_time(moment + std::chrono::seconds(300));
  EXPECT_EQ(start_all(of).size(), 1U) << "one delivery to prove itself";
  EXPECT_FALSE(of.on_trouble(a, "refused", moment + std::chrono::seconds(301), 0)) << "dead again is no news";
  of.ended(a, lane::user);
  EXPECT_TRUE(of.is_dead(a));
  EXPECT_EQ(of.next_event(), moment + std::chrono::seconds(901));

  of.revive(a);
  EXPECT_EQ(start_all(of).size(), 1U);
  of.on_success(a);
  of.ended(a, lane::user);
  EXPECT_FALSE(of.is_suspect(a));
  EXPECT_EQ(start_all(of).size(), 2U);
}

TEST(scheduler, destinations_take_turns) {
  scheduler of = make(6);
  auto const a = of.acquire("smtp", "a");
  auto const b = of.acquire("smtp", "b");
  auto const c = of.acquire("smtp", "c");
  add(of, a, 100);
  add(of, b, 100);
  add(of, c, 1);
  int started[3] = {0, 0, 0};
  for (auto const& turn : start_all(of)) ++started[turn.destination.value];
  EXPECT_EQ(started[0], 2);
  EXPECT_EQ(started[1], 2);
  EXPECT_EQ(started[2], 1);
}

TEST(scheduler, a_flood_of_bounces_does_not_keep_people_waiting) {
  scheduler of = make(8);
  std::vector<destination_id> places;
  for (int count = 0; count < 20; ++count) places.push_back(of.acquire("smtp", std::to_string(count)));
  for (auto const place : places) add(of, place, 100, lane::system);
  EXPECT_EQ(start_all(of).size(), 2U) << "a quarter of all deliveries";
  add(of, places[19], 5);
  auto const turns = start_all(of);
  ASSERT_EQ(turns.size(), 2U);
  EXPECT_EQ(turns[0].in, lane::user);
}

TEST(scheduler, system_mail_gets_its_turn_among_much_user_mail) {
  scheduler of = make(40);
  for (int count = 0; count < 20; ++count) {
    auto const place = of.acquire("smtp", std::to_string(count));
    add(of, place, 100, lane::user);
    add(of, place, 100, lane::system);
  }
  auto const turns = start_all(of);
  EXPECT_EQ(turns.size(), 40U);
  auto const system = std::ranges::count(turns, lane::system, &scheduler::turn::in);
  EXPECT_GE(system, 5);
  EXPECT_LE(system, 10);
}

}  // namespace
}  // namespace postern::queue
