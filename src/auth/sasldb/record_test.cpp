#include "auth/sasldb/record.hpp"

#include <gtest/gtest.h>

namespace postern::auth::sasldb {
namespace {

using namespace std::string_literals;

TEST(sasldb_record, keys_are_user_realm_and_property) {
  struct row {
    char const* name;
    std::string octets;
    record_key want;
  };
  row const rows[] = {
      {"as Cyrus writes it", "user\0example.com\0userPassword"s, {"user", "example.com", "userPassword"}},
      {"no realm", "user\0\0userPassword"s, {"user", "", "userPassword"}},
      {"no user", "\0vm\0userPassword"s, {"", "vm", "userPassword"}},
      {"octets beyond ASCII", "Gr\xc3\xbc\xc3\x9f@x\0R\0p"s, {"Gr\xc3\xbc\xc3\x9f@x", "R", "p"}},
  };
  for (auto const& [name, octets, want] : rows) {
    auto const got = parse_key(octets);
    ASSERT_TRUE(got) << name;
    EXPECT_EQ(*got, want) << name;
    EXPECT_EQ(format_key(want), octets) << name;
    EXPECT_TRUE(octets.starts_with(format_key_prefix(want.user, want.realm))) << name;
  }
}

TEST(sasldb_record, other_keys_are_refused) {
  for (auto const& octets :
       {""s, "user"s, "user\0realm"s, "a\0b\0c\0"s, "a\0b\0c\0d"s, std::string(2000, 'x') + "\0r\0p"s}) {
    EXPECT_FALSE(parse_key(octets)) << octets;
  }
}

}  // namespace
}  // namespace postern::auth::sasldb
