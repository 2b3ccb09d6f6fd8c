#include "anvil/network_of.hpp"

#include <gtest/gtest.h>

namespace postern::anvil {
namespace {

TEST(network_of, keeps_the_leading_bits) {
  struct row {
    char const* address;
    unsigned v4_bits;
    unsigned v6_bits;
    char const* want;
  };
  for (auto const& [address, v4, v6, want] : {
           row{"192.0.2.77", 32, 64, "192.0.2.77"},
           row{"192.0.2.77", 24, 64, "192.0.2.0/24"},
           row{"192.0.2.77", 16, 32, "192.0.0.0/16"},
           row{"192.0.2.77", 30, 32, "192.0.2.76/30"},
           row{"192.0.2.77", 0, 32, "0.0.0.0/0"},
           row{"2001:db8:1:2:3:4:5:6", 32, 64, "[2001:db8:1:2::]/64"},
           row{"2001:db8:1:2:3:4:5:6", 32, 32, "[2001:db8::]/32"},
           row{"2001:db8:1:2:3:4:5:6", 32, 128, "2001:db8:1:2:3:4:5:6"},
           row{"2001:db8:ffff::1", 32, 34, "[2001:db8:c000::]/34"},
       }) {
    EXPECT_EQ(network_text(*ip_address::parse(address), v4, v6), want);
  }
}

}  // namespace
}  // namespace postern::anvil
