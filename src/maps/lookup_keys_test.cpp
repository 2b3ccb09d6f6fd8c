#include "maps/lookup_keys.hpp"

#include <gtest/gtest.h>

namespace postern::maps {
namespace {

extension_rules const plus{.delimiters = "+"};

// The keys' texts; those that are no parts with a '*' in front.
std::vector<std::string> texts(std::vector<lookup_key> const& keys) {
  std::vector<std::string> out;
  out.reserve(keys.size());
  for (auto const& one : keys) out.push_back((one.part ? "" : "*") + one.text);
  return out;
}
using words = std::vector<std::string>;

// Recorded from Postfix 3.7.11: what its programs ask a memcache: table for, and a tcp: table, which is not asked for
// parts.
TEST(lookup_keys, of_clients_are_postfixs) {
  EXPECT_EQ(texts(client_keys("host.sub.example", "192.0.2.77", true)),
            (words{"*host.sub.example", "sub.example", "example", "*192.0.2.77", "192.0.2", "192.0", "192"}));
  EXPECT_EQ(texts(client_keys("host.sub.example", "192.0.2.77", false)),
            (words{"*host.sub.example", ".sub.example", ".example", "*192.0.2.77", "192.0.2", "192.0", "192"}));
  EXPECT_EQ(texts(network_keys("2001:db8:0:1::7")),
            (words{"*2001:db8:0:1::7", "2001:db8:0:1", "2001:db8:0", "2001:db8", "2001"}));
  EXPECT_EQ(texts(network_keys("::1")), (words{"*::1"}));
  EXPECT_EQ(texts(domain_keys("192.0.2.1", true)), (words{"*192.0.2.1"}));
  EXPECT_EQ(texts(domain_keys("[192.0.2.1]", true)), (words{"*[192.0.2.1]", "0.2.1]", "2.1]", "1]"}));
  EXPECT_TRUE(domain_keys("", true).empty());
}

struct access_row {
  std::string_view address;
  bool parents;
  words want;
};

TEST(lookup_keys, of_access_tables_are_postfixs) {
  std::vector<access_row> const rows{
      {"a+b@sub.s.example",
       true,
       {"*a+b@sub.s.example", "a@sub.s.example", "sub.s.example", "s.example", "example", "a+b@", "a@"}},
      {"a+b@sub.s.example",
       false,
       {"*a+b@sub.s.example", "a@sub.s.example", "sub.s.example", ".s.example", ".example", "a+b@", "a@"}},
      {"owner-list@s.example", true, {"*owner-list@s.example", "s.example", "example", "owner-list@"}},
      {"postmaster+x@o.example",
       true,
       {"*postmaster+x@o.example", "postmaster@o.example", "o.example", "example", "postmaster+x@", "postmaster@"}},
      {"q x@o", false, {"*\"q x\"@o", "*q x@o", "o", "\"q x\"@", "q x@"}},
      {"+x@o", false, {"*+x@o", "o", "+x@"}},
      {"bare", false, {}},
      {"", true, {"*<>"}},
  };
  for (auto const& row : rows) EXPECT_EQ(texts(access_address_keys(row.address, row.parents, plus)), row.want);
}

TEST(lookup_keys, of_rewriting_tables_are_postfixs) {
  EXPECT_EQ(texts(address_keys("u+x@ours.example", true, plus)),
            (words{"*u+x@ours.example", "u@ours.example", "u+x", "u", "@ours.example"}));
  EXPECT_EQ(texts(address_keys("u+x@other.example", false, plus)),
            (words{"*u+x@other.example", "u@other.example", "@other.example"}));
  EXPECT_EQ(texts(address_keys("u@other.example", false, {})), (words{"*u@other.example", "@other.example"}));
  EXPECT_EQ(texts(address_keys("q x@o", false, plus)), (words{"*\"q x\"@o", "*q x@o", "@o"}));
  EXPECT_EQ(texts(address_keys("alone+x", true, plus)), (words{"*alone+x", "alone"}));
  EXPECT_EQ(texts(transport_keys("a+b@sub.s.example", true, plus)),
            (words{"*a+b@sub.s.example", "a@sub.s.example", "sub.s.example", "s.example", "example", "**"}));
  EXPECT_EQ(texts(transport_keys("a@s.example", false, plus)), (words{"*a@s.example", "s.example", ".example", "**"}));
}

TEST(lookup_keys, keep_the_extension_they_leave_out) {
  auto keys = address_keys("u+x@o", true, plus);
  EXPECT_EQ(keys[0].extension, "");
  EXPECT_EQ(keys[1].extension, "+x");
  EXPECT_EQ(add_extension("found@there", keys[1].extension), "found+x@there");
  EXPECT_EQ(add_extension("found", keys[1].extension), "found+x");
}

TEST(lookup_keys, extensions_begin_at_the_first_delimiter) {
  struct row {
    std::string_view local_part, delimiters, want;
  };
  for (auto const& [local_part, delimiters, want] : {row{"u+x", "+", "+x"},
                                                     {"u+x-y", "+-", "+x-y"},
                                                     {"u-x+y", "+-", "-x+y"},
                                                     {"u+x", "", ""},
                                                     {"u", "+", ""},
                                                     {"+x", "+", ""},
                                                     {"Mailer-Daemon", "-", ""},
                                                     {"double-bounce", "-", ""},
                                                     {"owner-list", "-", ""},
                                                     {"list-request", "-", ""},
                                                     {"-request", "-", ""},
                                                     {"owner-list+x", "+", "+x"}}) {
    EXPECT_EQ(find_extension(local_part, {.delimiters = std::string(delimiters)}), want) << local_part;
  }
}

}  // namespace
}  // namespace postern::maps
