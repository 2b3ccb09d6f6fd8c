#include "policy/own_addresses.hpp"

#include <gtest/gtest.h>

namespace postern::policy {
namespace {

std::vector<std::string> own(std::string const& main_cf) {
  auto settings = config::settings::load_text(main_cf, {.main_cf_may_be_missing = true});
  EXPECT_TRUE(settings.has_value());
  std::vector<std::string> out;
  for (auto const& one :
       find_own_addresses(*settings, {*ip_address::parse("192.0.2.1"), *ip_address::parse("127.0.0.1")})) {
    out.push_back(one.text());
  }
  return out;
}

TEST(own_addresses, follow_the_parameters) {
  using texts = std::vector<std::string>;
  EXPECT_EQ(own("inet_interfaces = all\n"), (texts{"192.0.2.1", "127.0.0.1"}));
  EXPECT_EQ(own("inet_interfaces = loopback-only\n"), (texts{"127.0.0.1", "::1"}));
  EXPECT_EQ(own("inet_interfaces = 192.0.2.9, [2001:db8::1]\nproxy_interfaces = 198.51.100.1\n"),
            (texts{"192.0.2.9", "2001:db8::1", "198.51.100.1"}));
}

}  // namespace
}  // namespace postern::policy
