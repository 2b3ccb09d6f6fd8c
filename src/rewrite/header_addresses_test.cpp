#include "rewrite/header_addresses.hpp"

#include <gtest/gtest.h>

namespace postern::rewrite {
namespace {

struct address_case {
  std::string_view name, field;
  std::vector<std::string> want;
  std::string_view replaced;  // each address by "N@x"
};

address_case const cases[] = {
    {"plain", "From: a@b.example\r\n", {"a@b.example"}, "From: 0@x\r\n"},
    {"in angles", "From: A B <a@b.example>\r\n", {"a@b.example"}, "From: A B <0@x>\r\n"},
    {"quoted name", "From: \"B, A <x>\" <a@b.example>\r\n", {"a@b.example"}, "From: \"B, A <x>\" <0@x>\r\n"},
    {"comment behind", "To: a@b.example (hi, c@d)\r\n", {"a@b.example"}, "To: 0@x (hi, c@d)\r\n"},
    {"several, folded", "To: a@b,\r\n C <c@d>,\r\n\te\r\n", {"a@b", "c@d", "e"}, "To: 0@x,\r\n C <1@x>,\r\n\t2@x\r\n"},
    {"group", "To: g: a@b, <c@d>; , e@f\r\n", {"a@b", "c@d", "e@f"}, "To: g: 0@x, <1@x>; , 2@x\r\n"},
    {"empty group", "To: undisclosed-recipients:;\r\n", {}, "To: undisclosed-recipients:;\r\n"},
    {"source route", "To: <@a,@b:c@d>\r\n", {"c@d"}, "To: <0@x>\r\n"},
    {"null", "From: <>\r\n", {}, "From: <>\r\n"},
    {"phrase alone", "Cc: joe smith\r\n", {}, "Cc: joe smith\r\n"},
    {"spaces inside", "Cc: a . b @ c . d\r\n", {"a.b@c.d"}, "Cc: 0@x\r\n"},
    {"quoted local-part", "Cc: \"q r\"@c.d\r\n", {"\"q r\"@c.d"}, "Cc: 0@x\r\n"},
    {"quotes not needed", "Cc: \"qr\"@c.d\r\n", {"qr@c.d"}, "Cc: 0@x\r\n"},
    {"literal", "Cc: a@[192.0.2.1]\r\n", {"a@[192.0.2.1]"}, "Cc: 0@x\r\n"},
    {"open angle", "Cc: x <a@b\r\n", {}, "Cc: x <a@b\r\n"},
    {"empty", "To:\r\n", {}, "To:\r\n"},
};

TEST(header_addresses, finds_and_replaces) {
  for (auto const& one : cases) {
    auto places = find_addresses(one.field);
    std::vector<std::string> got, news;
    for (auto const& place : places) {
      news.push_back(std::to_string(got.size()) + "@x");
      got.push_back(place.address);
    }
    EXPECT_EQ(got, one.want) << one.name;
    EXPECT_EQ(replace_addresses(one.field, places, news), one.replaced) << one.name;
  }
}

TEST(header_addresses, cut_anywhere_never_overlap) {
  for (auto const& one : cases) {
    for (std::size_t size = 0; size <= one.field.size(); ++size) {
      std::size_t end = 0;
      for (auto const& place : find_addresses(one.field.substr(0, size))) {
        EXPECT_GE(place.offset, end) << one.name;
        end = place.offset + place.length;
        EXPECT_LE(end, size) << one.name;
      }
    }
  }
}

TEST(header_addresses, words_beyond_the_limit_are_left_alone) {
  EXPECT_EQ(find_addresses("To: a@b, c@d, e@f", 7).size(), 1U);
  EXPECT_EQ(find_addresses("To: a@b, c@d", 5).size(), 1U);
}

TEST(header_addresses, roles) {
  EXPECT_EQ(role_of_field("from"), field_role::sender);
  EXPECT_EQ(role_of_field("Resent-To"), field_role::recipient);
  EXPECT_EQ(role_of_field("Subject"), field_role::other);
}

}  // namespace
}  // namespace postern::rewrite
