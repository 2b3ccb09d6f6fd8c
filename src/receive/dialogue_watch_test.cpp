#include "receive/dialogue_watch.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace postern::receive {
namespace {

TEST(trace_filter, matches_client_and_user) {
  struct row {
    char const* filter;
    char const* address;
    char const* user;
    bool want;
  };
  for (auto [filter, address, user, want] : {
           row{"", "192.0.2.1", "", true},
           row{"client=192.0.2.0/24", "192.0.2.1", "", true},
           row{"client=192.0.2.0/24", "198.51.100.1", "", false},
           row{"client=2001:db8::/32", "2001:db8::1", "joe", true},
           row{"client=192.0.2.1", "192.0.2.1", "", true},
           row{"user=joe", "192.0.2.1", "joe", true},
           row{"user=joe", "192.0.2.1", "Joe@example.com", true},
           row{"user=joe", "192.0.2.1", "joey", false},
           row{"user=joe", "192.0.2.1", "", false},
           row{"user=joe@example.com", "192.0.2.1", "joe@example.com", true},
           row{"user=joe@example.com", "192.0.2.1", "joe@example.net", false},
           row{"client=192.0.2.1 user=joe", "192.0.2.1", "joe", true},
           row{"client=192.0.2.1 user=joe", "192.0.2.2", "joe", false},
       }) {
    auto parsed = parse_trace_filter(filter);
    ASSERT_TRUE(parsed.has_value()) << filter;
    EXPECT_EQ(parsed->matches(*ip_address::parse(address), user), want) << filter << " " << address << " " << user;
    auto again = parse_trace_filter(format_trace_filter(*parsed));
    ASSERT_TRUE(again.has_value()) << filter;
    EXPECT_EQ(format_trace_filter(*again), format_trace_filter(*parsed));
  }
}

TEST(trace_filter, refuses_what_it_does_not_know) {
  for (auto const* text :
       {"client=", "client=hello", "client=192.0.2.1/33", "client=192.0.2.1/24", "user=", "joe", "x=y"}) {
    auto parsed = parse_trace_filter(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_FALSE(parsed.error().text.empty());
  }
}

TEST(dialogue_watch, shows_to_those_who_watch) {
  std::vector<std::string> got;
  dialogue_watch watch([&got](std::uint64_t id, std::string_view line) {
    got.push_back(std::to_string(id) + " " + std::string(line));
    return true;
  });
  auto address = *ip_address::parse("192.0.2.1");
  EXPECT_TRUE(watch.is_empty());
  watch.show(address, "", "nobody sees it");
  watch.begin(1, "client=192.0.2.0/24");
  watch.begin(2, "user=joe");
  watch.begin(3, "nonsense");
  watch.show(address, "", "EHLO");
  watch.show(address, "joe", "MAIL");
  watch.end(1);
  watch.show(address, "joe", "QUIT");
  EXPECT_EQ(got, (std::vector<std::string>{"1 EHLO", "1 MAIL", "2 MAIL", "2 QUIT"}));
}

TEST(dialogue_watch, counts_what_is_lost) {
  std::vector<std::string> got;
  bool taking = false;
  dialogue_watch watch([&](std::uint64_t, std::string_view line) {
    if (taking) got.emplace_back(line);
    return taking;
  });
  watch.begin(1, "");
  auto address = *ip_address::parse("192.0.2.1");
  watch.show(address, "", "a");
  watch.show(address, "", "b");
  taking = true;
  watch.show(address, "", "c");
  EXPECT_EQ(got, (std::vector<std::string>{"(2 lines were lost)", "c"}));
}

TEST(dialogue_watch, has_a_limit) {
  std::size_t shown = 0;
  dialogue_watch watch([&shown](std::uint64_t, std::string_view) { return ++shown > 0; });
  for (std::uint64_t id = 0; id < 2 * dialogue_watch::watches_max; ++id) watch.begin(id, "");
  watch.show(*ip_address::parse("192.0.2.1"), "", "x");
  EXPECT_EQ(shown, dialogue_watch::watches_max);
}

}  // namespace
}  // namespace postern::receive
