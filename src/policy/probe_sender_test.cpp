#include "policy/probe_sender.hpp"

#include <gtest/gtest.h>

namespace postern::policy {
namespace {

constexpr wall_time moment{std::chrono::seconds(498'702LL * 3600 + 5)};

probe_sender make(std::string_view main_cf) {
  auto settings = config::settings::load_text("myhostname = mx.example\nmyorigin = mx.example\n" + std::string(main_cf),
                                              {.main_cf_may_be_missing = true});
  EXPECT_TRUE(settings) << settings.error().text;
  return probe_sender::load(*settings);
}

TEST(probe_sender, is_as_postfix_makes_it) {
  struct row {
    char const* main_cf;
    char const* want;
  };
  row const rows[] = {
      {"", "double-bounce@mx.example"},
      {"address_verify_sender_ttl = 3600s\n", "double-bounceJQY5@mx.example"},
      {"address_verify_sender = probe@some.example\naddress_verify_sender_ttl = 3600s\n", "probeJQY5@some.example"},
      {"address_verify_sender = probe\n", "probe@mx.example"},
      {"address_verify_sender =\n", ""},
      {"address_verify_sender = <>\naddress_verify_sender_ttl = 1h\n", ""},
      {"double_bounce_sender = nobody-home\n", "nobody-home@mx.example"},
  };
  for (auto const& row : rows) EXPECT_EQ(make(row.main_cf).at(moment), row.want) << row.main_cf;
}

TEST(probe_sender, is_known_again_for_a_period_before_and_after) {
  auto const sender = make("address_verify_sender_ttl = 3600s\n");
  EXPECT_EQ(sender.plain(), "double-bounce@mx.example");
  for (auto hours : {-1, 0, 1}) EXPECT_TRUE(sender.knows(sender.at(moment + std::chrono::hours(hours)), moment));
  for (auto hours : {-2, 2}) EXPECT_FALSE(sender.knows(sender.at(moment + std::chrono::hours(hours)), moment));
  EXPECT_TRUE(sender.knows("DOUBLE-BOUNCEJQY5@MX.example", moment));
  for (auto const* other : {"double-bounce@mx.example", "double-bounceZZZZ@mx.example", "double-bounceJQY5",
                            "double-bounceJQY5@other.example", "", "@mx.example"}) {
    EXPECT_FALSE(sender.knows(other, moment)) << other;
  }
}

TEST(probe_sender, without_a_ttl_is_one_address) {
  auto const sender = make("");
  EXPECT_TRUE(sender.knows("Double-Bounce@mx.example", moment));
  EXPECT_FALSE(sender.knows("double-bounce", moment));
  EXPECT_FALSE(sender.knows("double-bounce+x@mx.example", moment));
  EXPECT_FALSE(make("address_verify_sender =\n").knows("", moment));
  EXPECT_FALSE(probe_sender().knows("", moment));
}

}  // namespace
}  // namespace postern::policy
