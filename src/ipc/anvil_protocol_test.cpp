#include "ipc/anvil_protocol.hpp"

#include <gtest/gtest.h>

namespace postern::ipc {
namespace {

std::vector<anvil_request> const& all_requests() {
  static std::vector<anvil_request> const all{
      anvil_hello{.pid = 4711},
      count_event{client_event::auth, "submission", "192.0.2.7"},
      standing_clients{"smtp", "2001:db8::1", 3},
      client_left{"smtp", "192.0.2.7"},
      window_query{"192.0.2.7"},
      window_opening{"joe", "192.0.2.7", "imap", 600},
      window_closing{"joe", "", "the account is locked"},
      window_use{"joe", "192.0.2.7"},
      login_query{"joe", "192.0.2.7"},
      login_report{"joe", "192.0.2.7", true, 0xfeedfacecafebeef},
      account_use{"joe", "192.0.2.7", {"a@x.example", "b@x.example"}},
      account_query{"joe"},
      account_release{"joe"},
  };
  return all;
}

std::vector<anvil_answer> const& all_answers() {
  static std::vector<anvil_answer> const all{
      client_counts{7, 2},
      window_list{{{"joe", "192.0.2.7", "imap", 1, 2, 3}, {"jane", "[2001:db8::]/64", "watch", 4, 5, 6}}},
      login_delay{4000, "7 wrong logins from 192.0.2.7", true},
      account_verdict{true, "201 new recipients within a day"},
      account_list{{{"joe", true, "too many", 9, 1, 2, 3, 4, 5, 6, 7}}},
      anvil_done{false, 0, "no such account"},
  };
  return all;
}

TEST(anvil_protocol, every_request_comes_back_as_it_went) {
  ASSERT_EQ(all_requests().size(), std::variant_size_v<anvil_request>);
  for (auto const& request : all_requests()) {
    auto const back = parse_anvil_request(format_anvil_request(17, request));
    ASSERT_TRUE(back) << request.index();
    EXPECT_EQ(back->number, 17U);
    EXPECT_EQ(back->body, request) << request.index();
  }
}

TEST(anvil_protocol, every_answer_comes_back_as_it_went) {
  ASSERT_EQ(all_answers().size(), std::variant_size_v<anvil_answer>);
  for (auto const& answer : all_answers()) {
    auto const back = parse_anvil_answer(format_anvil_answer(18, answer));
    ASSERT_TRUE(back) << answer.index();
    EXPECT_EQ(back->number, 18U);
    EXPECT_EQ(back->body, answer) << answer.index();
  }
}

TEST(anvil_protocol, a_message_cut_anywhere_is_refused) {
  for (auto const& request : all_requests()) {
    auto const whole = format_anvil_request(17, request);
    for (std::size_t length = 0; length < whole.body.size(); ++length) {
      EXPECT_FALSE(parse_anvil_request({whole.type, whole.body.substr(0, length), {}})) << request.index() << length;
    }
    EXPECT_FALSE(parse_anvil_request({whole.type, whole.body + "x", {}}));
  }
  for (auto const& answer : all_answers()) {
    auto const whole = format_anvil_answer(17, answer);
    for (std::size_t length = 0; length < whole.body.size(); ++length) {
      EXPECT_FALSE(parse_anvil_answer({whole.type, whole.body.substr(0, length), {}})) << answer.index() << length;
    }
  }
}

TEST(anvil_protocol, what_is_no_message_is_refused) {
  struct row {
    char const* name;
    std::uint16_t type;
    std::string body;
  };
  for (auto const& [name, type, body] : {
           row{"type 0", 0, std::string(1, '\0')},
           row{"one type too many", static_cast<std::uint16_t>(std::variant_size_v<anvil_request> + 1), "\x01"},
           row{"an unknown event", 2, std::string("\x01\x06\x01x\x01y")},
           row{"a list longer than its message", 11, std::string("\x01\x01x\x01y\x7f")},
       }) {
    EXPECT_FALSE(parse_anvil_request({type, body, {}})) << name;
  }
  EXPECT_FALSE(parse_anvil_answer({1, "\x01", {}}));
}

}  // namespace
}  // namespace postern::ipc
