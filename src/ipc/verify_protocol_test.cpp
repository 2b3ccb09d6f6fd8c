#include "ipc/verify_protocol.hpp"

#include <gtest/gtest.h>

namespace postern::ipc {
namespace {

verify_query const query{7, "joe@example.com", std::chrono::milliseconds(6000)};
verify_answer const answer{7, verify_status::undeliverable, "host mx said: 550 no"};

TEST(verify_protocol, what_is_said_comes_back_as_it_went) {
  EXPECT_EQ(parse_verify_query(format_verify_query(query)).value(), query);
  EXPECT_EQ(parse_verify_answer(format_verify_answer(answer)).value(), answer);
  for (auto status : {verify_status::deliverable, verify_status::deferred, verify_status::in_progress}) {
    EXPECT_EQ(parse_verify_answer(format_verify_answer({1, status, ""}))->status, status);
  }
}

TEST(verify_protocol, what_is_cut_or_too_long_or_of_another_kind_is_refused) {
  auto whole = format_verify_query(query);
  for (std::size_t cut = 0; cut < whole.body.size(); ++cut) {
    message part{whole.type, whole.body.substr(0, cut), {}};
    EXPECT_FALSE(parse_verify_query(part)) << cut;
  }
  whole.body += 'x';
  EXPECT_FALSE(parse_verify_query(whole));
  auto told = format_verify_answer(answer);
  for (std::size_t cut = 0; cut < told.body.size(); ++cut) {
    message part{told.type, told.body.substr(0, cut), {}};
    EXPECT_FALSE(parse_verify_answer(part)) << cut;
  }
  EXPECT_FALSE(parse_verify_query(told));
  EXPECT_FALSE(parse_verify_answer(format_verify_query(query)));
  EXPECT_FALSE(parse_verify_answer(format_verify_answer({1, static_cast<verify_status>(4), ""})));
  EXPECT_FALSE(parse_verify_query(format_verify_query({1, "a", std::chrono::hours(25)})));
}

}  // namespace
}  // namespace postern::ipc
