#include "maps/cidr_table.hpp"

#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/ip.hpp"

namespace postern::maps {
namespace {

// The first rule that matches answers, as if one after the other were tried.
TEST(cidr_table, answers_as_in_order) {
  std::mt19937 random(3);
  std::string rules = "{";
  struct rule {
    ip_network network;
    bool negated;
  };
  std::vector<rule> all;
  for (int n = 0; n < 300; ++n) {
    auto bits = 1 + random() % 32;
    auto octets = (0xC0000000U | (random() & 0x0003FFFFU)) & (0xFFFFFFFFU << (32 - bits));
    auto text = fmt::format("{}.{}.{}.{}/{}", octets >> 24U, (octets >> 16U) & 255U, (octets >> 8U) & 255U,
                            octets & 255U, bits);
    bool const negated = n > 250 && n % 10 == 0;
    rules += fmt::format("{{{}{} {}}},", negated ? "!" : "", text, n);
    all.push_back({*ip_network::parse(text), negated});
  }
  auto table = open_cidr(rules + "}");
  ASSERT_TRUE(table.has_value()) << table.error().text;
  for (int n = 0; n < 3000; ++n) {
    auto key = fmt::format("192.{}.{}.{}", random() % 5, random() % 256, random() % 256);
    std::optional<std::string> want;
    for (std::size_t i = 0; i < all.size() && !want; ++i) {
      if (all[i].network.contains(*ip_address::parse(key)) != all[i].negated) want = std::to_string(i);
    }
    EXPECT_EQ(*(*table)->find(key), want) << key;
  }
}

}  // namespace
}  // namespace postern::maps
