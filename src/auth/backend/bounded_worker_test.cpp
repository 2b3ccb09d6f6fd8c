#include "auth/backend/bounded_worker.hpp"

#include <future>
#include <memory>

#include <gtest/gtest.h>

namespace postern::auth {
namespace {

using namespace std::chrono_literals;
using clock = bounded_worker::time_point::clock;

TEST(bounded_worker, a_job_that_ends_in_time) {
  bounded_worker worker;
  auto const done = std::make_shared<int>(0);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(worker.run([done] { ++*done; }, clock::now() + 60s));
  EXPECT_EQ(*done, 3);
}

TEST(bounded_worker, a_job_that_does_not_is_left_alone_and_holds_up_the_next_one) {
  bounded_worker worker;
  auto const gate = std::make_shared<std::promise<void>>();
  auto const opened = gate->get_future().share();
  EXPECT_FALSE(worker.run([opened] { opened.wait(); }, clock::now() + 20ms));
  auto const second = std::make_shared<bool>(false);
  EXPECT_FALSE(worker.run([second] { *second = true; }, clock::now() + 20ms));
  gate->set_value();
  EXPECT_TRUE(worker.run([] {}, clock::now() + 60s));
  EXPECT_FALSE(*second);
}

TEST(bounded_worker, goes_without_having_worked) { EXPECT_NO_THROW(bounded_worker{}); }

}  // namespace
}  // namespace postern::auth
