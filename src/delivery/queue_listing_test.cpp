#include "delivery/queue_listing.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

namespace postern::delivery {
namespace {

class queue_listing : public ::testing::Test {
 protected:
  queue_listing() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    row.recipients.push_back({"a@example.org", "4.4.1 connect to mx: refused", "smtp", "example.org"});
    row.recipients.push_back({"b@example.org", "4.4.1 connect to mx: refused", "smtp", "example.org"});
  }
  ipc::queue_row row{"0C5C714A5DD8591A",
                     ipc::queue_place::deferred,
                     2048,
                     1700000000,
                     1700000300,
                     3,
                     "joe@example.com",
                     "S1",
                     "phone[192.0.2.7]",
                     {}};
  wall_time now{std::chrono::seconds(1700000060)};
};

TEST_F(queue_listing, mailq_looks_as_scripts_expect_it) {
  EXPECT_EQ(format_mailq_row(row), "0C5C714A5DD8591A      2048 Tue Nov 14 22:13:20 joe@example.com\n" +
                                       std::string(54, ' ') + "(connect to mx: refused)\n" + std::string(47, ' ') +
                                       "a@example.org\n" + std::string(47, ' ') + "b@example.org\n\n");
  row.place = ipc::queue_place::active;
  EXPECT_TRUE(format_mailq_row(row).starts_with("0C5C714A5DD8591A* "));
  row.place = ipc::queue_place::hold;
  EXPECT_TRUE(format_mailq_row(row).starts_with("0C5C714A5DD8591A! "));
  row.sender.clear();
  EXPECT_NE(format_mailq_row(row).find("MAILER-DAEMON\n"), std::string::npos);
}

TEST_F(queue_listing, footer_counts) {
  EXPECT_EQ(format_mailq_footer(0, 0), "Mail queue is empty\n");
  EXPECT_EQ(format_mailq_footer(1, 2048), "-- 2 Kbytes in 1 Request.\n");
  EXPECT_EQ(format_mailq_footer(3, 1 << 20), "-- 1024 Kbytes in 3 Requests.\n");
}

TEST_F(queue_listing, says_when_it_goes_on) {
  struct example {
    ipc::queue_place place;
    std::uint64_t next_retry;
    char const* want;
  };
  example const examples[] = {
      {ipc::queue_place::deferred, 1700000300, "next try at 2023-11-14 22:18:20 (in 4 min)"},
      {ipc::queue_place::deferred, 1700000000, "next try now"},
      {ipc::queue_place::deferred, 0, "waits for its destination"},
      {ipc::queue_place::active, 0, "is being delivered"},
      {ipc::queue_place::hold, 1700000300, "waits for `postern queue release`"},
  };
  for (auto const& one : examples) {
    row.place = one.place;
    row.next_retry_unix_s = one.next_retry;
    EXPECT_NE(format_listing_row(row, now).find(one.want), std::string::npos) << one.want;
    EXPECT_NE(format_details(row, now).find(one.want), std::string::npos) << one.want;
  }
}

TEST_F(queue_listing, hostile_text_cannot_break_the_terminal) {
  row.sender = "a\x1b[2J@example.com";
  row.recipients[0].reason = "host said: \x1b]0;x\x07";
  for (auto const& text : {format_listing_row(row, now), format_details(row, now), format_mailq_row(row)}) {
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
  }
}

}  // namespace
}  // namespace postern::delivery
