#include <gtest/gtest.h>

#include "config/settings.hpp"
#include "rewrite/address_map.hpp"
#include "rewrite/header_addresses.hpp"

namespace postern::rewrite {
namespace {

// Whatever is_complete() promises complete() keeps.
TEST(address_completer, leaves_alone_what_it_calls_complete) {
  auto const settings = config::settings::load_text(
      "myorigin = home.example\nmydomain = example\nappend_dot_mydomain = yes\n", {.main_cf_may_be_missing = true});
  ASSERT_TRUE(settings) << settings.error().text;
  auto const completer = address_completer::load(*settings);
  struct {
    char const* address;
    bool complete;
  } const rows[] = {
      {"", true},
      {"joe@a.example", true},
      {"Joe+x@A.Example", true},
      {"j.o-e_=1@a.example", true},
      {"joe", false},
      {"joe@", false},
      {"joe@a", false},
      {"joe@a.example.", false},
      {"joe@a..example", false},
      {".joe@a.example", false},
      {"joe.@a.example", false},
      {"jo..e@a.example", false},
      {"a@b@c.example", false},
      {"\"j e\"@a.example", false},
      {"j e@a.example", false},
      {"joe%b@a.example", false},
      {"b!joe", false},
      {"@a.example", false},
      {"joe@[192.0.2.1]", false},
  };
  for (auto const& row : rows) {
    EXPECT_EQ(completer.is_complete(row.address), row.complete) << row.address;
    if (row.complete) EXPECT_EQ(completer.complete(row.address), row.address);
  }
}

}  // namespace
}  // namespace postern::rewrite
