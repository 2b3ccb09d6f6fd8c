#include "base/ip.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(ip, mapped_addresses_are_ipv4) {
  EXPECT_EQ(ip_address::parse("::ffff:192.0.2.1")->text(), "192.0.2.1");
  EXPECT_TRUE(ip_address::parse("127.1.2.3")->is_loopback());
  EXPECT_TRUE(ip_address::parse("::1")->is_loopback());
  EXPECT_FALSE(ip_address::parse("192.0.2"));
}

TEST(ip, networks_contain_by_prefix) {
  auto network = *ip_network::parse("192.0.2.0/23");
  EXPECT_TRUE(network.contains(*ip_address::parse("192.0.3.255")));
  EXPECT_FALSE(network.contains(*ip_address::parse("192.0.4.0")));
  EXPECT_FALSE(network.contains(*ip_address::parse("2001:db8::1")));
  EXPECT_TRUE(ip_network::parse("[2001:db8::]/32")->contains(*ip_address::parse("2001:db8:1::1")));
  EXPECT_TRUE(ip_network::parse("0.0.0.0/0")->contains(*ip_address::parse("203.0.113.9")));
}

TEST(ip, networks_of_mapped_addresses_hold_nobody) {
  for (auto const* text : {"[::ffff:127.0.0.0]/104", "[::ffff:0:0]/96", "::ffff:192.0.2.1/128"}) {
    auto network = ip_network::parse(text);
    ASSERT_TRUE(network) << text;
    for (auto const* client : {"127.0.0.1", "192.0.2.1", "::ffff:192.0.2.1", "::1"})
      EXPECT_FALSE(network->contains(*ip_address::parse(client))) << text << " " << client;
  }
  EXPECT_TRUE(ip_network::parse("[::ffff:192.0.2.1]")->contains(*ip_address::parse("192.0.2.1")));
  EXPECT_FALSE(ip_network::parse("[::ffff:127.0.0.1]/104"));
}

TEST(ip, host_bits_are_refused_in_words) {
  std::string why;
  EXPECT_FALSE(ip_network::parse("192.0.2.1/24", &why));
  EXPECT_NE(why.find("host address bits"), std::string::npos);
  EXPECT_FALSE(ip_network::parse("192.0.2.0/33", &why));
  EXPECT_FALSE(ip_network::parse("192.0.2.0/", &why));
}

}  // namespace
}  // namespace postern
