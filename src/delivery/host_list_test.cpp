#include "delivery/host_list.hpp"

#include <gtest/gtest.h>

namespace postern::delivery {
namespace {

target make(char const* host, char const* address, std::uint16_t preference) {
  return {host, *ip_address::parse(address), 25, preference};
}

std::string names(std::vector<target> const& targets) {
  std::string out;
  for (auto const& one : targets) out += (out.empty() ? "" : " ") + one.host;
  return out;
}

TEST(order_targets, by_preference_then_family_then_as_they_came) {
  std::vector<target> const given{make("c", "192.0.2.3", 20), make("a6", "2001:db8::1", 10),
                                  make("a4", "192.0.2.1", 10), make("b4", "192.0.2.2", 10)};
  struct row {
    smtp_settings::preference prefer;
    char const* want;
  };
  row const rows[] = {{smtp_settings::preference::any, "a6 a4 b4 c"},
                      {smtp_settings::preference::ipv4, "a4 b4 a6 c"},
                      {smtp_settings::preference::ipv6, "a6 a4 b4 c"}};
  for (auto const& row : rows) {
    smtp_settings settings;
    settings.prefer = row.prefer;
    auto targets = given;
    order_targets(targets, settings, {});
    EXPECT_EQ(names(targets), row.want);
  }
}

TEST(order_targets, chance_never_beats_preference) {
  smtp_settings settings;
  unsigned turn = 0;
  for (int i = 0; i < 20; ++i) {
    std::vector<target> targets{make("b", "192.0.2.2", 20), make("a", "192.0.2.1", 10), make("c", "192.0.2.3", 20)};
    order_targets(targets, settings, [&](std::size_t below) { return turn++ % below; });
    EXPECT_EQ(targets.front().host, "a");
  }
}

TEST(order_targets, the_limit_keeps_a_place_for_the_other_family) {
  smtp_settings settings;
  settings.address_limit = 2;
  std::vector<target> targets{make("a", "2001:db8::1", 10), make("b", "2001:db8::2", 10), make("c", "2001:db8::3", 10),
                              make("d", "192.0.2.1", 10)};
  order_targets(targets, settings, {});
  EXPECT_EQ(names(targets), "a d");
  settings.address_limit = 0;
  targets = {make("a", "2001:db8::1", 10), make("b", "2001:db8::2", 10), make("c", "2001:db8::3", 10)};
  order_targets(targets, settings, {});
  EXPECT_EQ(targets.size(), 3U);
}

}  // namespace
}  // namespace postern::delivery
