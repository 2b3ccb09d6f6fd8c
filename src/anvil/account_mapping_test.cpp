#include "anvil/account_mapping.hpp"

#include <gtest/gtest.h>

namespace postern::anvil {
namespace {

TEST(account_mapping, names_of_another_server_become_ours) {
  account_mapping const same;
  account_mapping const strip{{"example.org", "example.net"}, {}};
  account_mapping const add{{}, "example.org"};
  account_mapping const exchange{{"old.example"}, "example.org"};
  struct row {
    account_mapping const& by;
    std::string_view theirs;
    std::string_view ours;
  };
  row const rows[] = {
      {same, "joe", "joe"},
      {same, "joe@example.org", "joe@example.org"},
      {strip, "joe", "joe"},
      {strip, "joe@Example.ORG", "joe"},
      {strip, "joe@example.net", "joe"},
      {strip, "joe@other.example", "joe@other.example"},
      {strip, "joe@sub.example.org", "joe@sub.example.org"},
      {strip, "joe@other.example@example.org", "joe@other.example"},
      {strip, "@example.org", "@example.org"},
      {add, "joe", "joe@example.org"},
      {add, "joe@other.example", "joe@other.example"},
      {exchange, "joe@old.example", "joe"},
      {exchange, "joe", "joe@example.org"},
      {add, "", "@example.org"},
  };
  for (auto const& [by, theirs, ours] : rows) EXPECT_EQ(by.map(theirs), ours) << theirs;
}

}  // namespace
}  // namespace postern::anvil
