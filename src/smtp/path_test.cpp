#include "smtp/path.hpp"

#include <gtest/gtest.h>

namespace postern::smtp {
namespace {

enum class want { bad, strict_too, lenient_only };

struct path_case {
  std::string_view input;
  want how;
  std::string_view address = {};
  std::string_view rest = {};
  bool smtputf8 = false;
};

path_case const cases[] = {
    {"<>", want::strict_too, ""},
    {"<joe@example.org>", want::strict_too, "joe@example.org"},
    {"<joe@example.org> SIZE=1", want::strict_too, "joe@example.org", " SIZE=1"},
    {"<Joe.Bloggs+tag@EXAMPLE.org>", want::strict_too, "Joe.Bloggs+tag@EXAMPLE.org"},
    {"<postmaster>", want::strict_too, "postmaster"},
    {"<\"joe\"@example.org>", want::strict_too, "joe@example.org"},
    {"<\"joe bloggs\"@example.org>", want::strict_too, "\"joe bloggs\"@example.org"},
    {"<\"a\\\"b\\\\c@d\"@example.org>", want::strict_too, "\"a\\\"b\\\\c@d\"@example.org"},
    {"<\"\"@example.org>", want::strict_too, "\"\"@example.org"},
    {"<\">\"@example.org>", want::strict_too, "\">\"@example.org"},
    {"<@a.example,@b.example:joe@example.org>", want::strict_too, "joe@example.org"},
    {"<@a.example:joe@example.org>", want::strict_too, "joe@example.org"},
    {"<joe@[192.0.2.1]>", want::strict_too, "joe@[192.0.2.1]"},
    {"<joe@[IPv6:2001:db8::1]>", want::strict_too, "joe@[IPv6:2001:db8::1]"},
    {"<joe@localhost>", want::strict_too, "joe@localhost"},
    // lenient forms
    {" <joe@example.org>", want::lenient_only, "joe@example.org"},
    {"joe@example.org", want::lenient_only, "joe@example.org"},
    {" joe@example.org SIZE=1", want::lenient_only, "joe@example.org", " SIZE=1"},
    {"< joe@example.org >", want::lenient_only, "joe@example.org"},
    {"<joe>", want::lenient_only, "joe"},
    {"<joe..bloggs.@docomo.example>", want::lenient_only, "\"joe..bloggs.\"@docomo.example"},
    {"<joe@example.org.>", want::lenient_only, "joe@example.org"},
    {"Joe Bloggs <joe@example.org> SIZE=1", want::lenient_only, "joe@example.org", " SIZE=1"},
    {"\"Joe\" <joe@example.org>", want::lenient_only, "joe@example.org"},
    // errors
    {"", want::bad},
    {"<", want::bad},
    {"<joe@example.org", want::bad},
    {"joe@example.org>", want::bad},
    {"<joe@example.org>>", want::bad},
    {"<<joe@example.org>>", want::bad},
    {"<joe@example.org>SIZE=1", want::bad},
    {"<@example.org>", want::bad},
    {"<joe@>", want::bad},
    {"<joe@@example.org>", want::bad},
    {"<joe@example..org>", want::bad},
    {"<joe@-example.org>", want::bad},
    {"<joe@[192.0.2.256]>", want::bad},
    {"<joe@[2001:db8::1]>", want::bad},
    {"<joe@[192.0.2.1>", want::bad},
    {"<joe bloggs@example.org>", want::bad},
    {"<\"joe@example.org>", want::bad},
    {"<\"joe\\", want::bad},
    {"<joe(comment)@example.org>", want::bad},
    {"<joe@example.org,ann@example.org>", want::bad},
    {"<a.example:joe@example.org>", want::bad},
    {"<j\xC3\xB6@example.org>", want::bad},
    {"<j\xC3\xB6@b\xC3\xBC.example>", want::strict_too, "j\xC3\xB6@b\xC3\xBC.example", "", true},
    {"<\"j\xC3\xB6 x\"@b\xC3\xBC.example>", want::strict_too, "\"j\xC3\xB6 x\"@b\xC3\xBC.example", "", true},
    {"<\"a\tb\"@example.org>", want::bad},
    {"<\"a\x7f\"@example.org>", want::bad},
};

TEST(path, parses_its_cases) {
  for (auto const& test : cases) {
    for (bool const strict : {false, true}) {
      path_rules const rules{.strict = strict, .smtputf8 = test.smtputf8};
      auto const parsed = parse_reverse_path(test.input, rules);
      bool const good = test.how == want::strict_too || (test.how == want::lenient_only && !strict);
      ASSERT_EQ(parsed.has_value(), good) << test.input << (strict ? " strict" : " lenient");
      if (!good) continue;
      EXPECT_EQ(parsed->address, test.address) << test.input;
      EXPECT_EQ(parsed->rest, test.rest) << test.input;
    }
  }
}

// What was parsed is a wire form: it parses again, to itself.
TEST(path, gives_addresses_that_parse_to_themselves) {
  for (auto const& test : cases) {
    if (test.how == want::bad || test.address.empty()) continue;
    auto const again = parse_forward_path("<" + std::string(test.address) + ">", {.smtputf8 = test.smtputf8});
    ASSERT_TRUE(again.has_value()) << test.address;
    EXPECT_EQ(again->address, test.address);
  }
}

TEST(path, reads_no_further_than_any_cut) {
  for (auto const& test : cases) {
    for (std::size_t cut = 0; cut <= test.input.size(); ++cut) {
      std::string const input(test.input.substr(0, cut));
      auto const parsed = parse_reverse_path(input, {.smtputf8 = true});
      if (parsed) EXPECT_LE(parsed->rest.size(), input.size());
    }
  }
}

TEST(path, has_limits) {
  auto const path = [](std::size_t local, std::size_t label) {
    return "<" + std::string(local, 'a') + "@" + std::string(label, 'b') + ".example>";
  };
  path_rules const strict{.strict = true};
  EXPECT_TRUE(parse_reverse_path(path(64, 63), strict));
  EXPECT_FALSE(parse_reverse_path(path(65, 63), strict));
  EXPECT_TRUE(parse_reverse_path(path(65, 63), {}));
  EXPECT_FALSE(parse_reverse_path(path(513, 63), {}));
  EXPECT_FALSE(parse_reverse_path(path(64, 64), {}));
  EXPECT_FALSE(parse_reverse_path("<" + std::string(2'000, ' ') + "a@b.example>", {}));
}

TEST(path, takes_no_null_forward_path) {
  EXPECT_FALSE(parse_forward_path("<>", {}));
  EXPECT_FALSE(parse_lone_address("<>", {}));
  EXPECT_EQ(parse_lone_address(" joe ", {}), "joe");
  EXPECT_EQ(parse_lone_address("<joe@example.org>", {.strict = true}), "joe@example.org");
  EXPECT_FALSE(parse_lone_address("joe and ann", {}));
}

}  // namespace
}  // namespace postern::smtp
