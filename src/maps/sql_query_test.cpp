#include "maps/sql_query.hpp"

#include <gtest/gtest.h>

namespace postern::maps {
namespace {

result<secret> shout(std::string_view text) { return secret("<" + std::string(text) + ">"); }

TEST(sql_query, places) {
  struct {
    std::string_view text, key, want;
    bool backslashes = false;
  } const rows[] = {
      {"x = '%s' or y = '%u%d'", "a@b", "x = '<a@b>' or y = '<a><b>'"},
      {"'%%%s'", "a", "'%<a>'"},
      {"'it''s %s'", "a", "'it''s <a>'"},
      {"'it\\'s %s'", "a", "'it\\'s <a>'", true},
      {"'it\\' %s", "a", ""},
      {"'it\\' %s", "12", "'it\\' 12"},
      {"id = %s", "12", "id = 12"},
      {"id = %s", "1 or 1=1", ""},
      {"id = %s", "id", ""},
      {"id = %s", "1--", ""},
      {"x = \"%s\"", "a\"b'c", "x = \"a\"\"b'c\""},
      {"x = \"%s\"", "a\"b", "x = \"<a>\"\"<b>\"", true},
      {"from `%s`", "a`b", "from `a``b`"},
      {"E'%s'", "a", "E'<a>'"},
      {"E'%s'", "a\\", ""},
      {"E'x''%s'", "a\\", ""},
      {"U&'%s'", "\\0027", ""},
      {"type='%s'", "a\\", "type='<a\\>'"},
      {"-- don't\n x = '%s'", "a", ""},
      {"/* don't */ x = '%s'", "a", ""},
      {"# don't\n x = '%s'", "a", "", true},
      {"$x$ '%s' $x$", "a", ""},
      {"SELECT '%s'", "a", "SELECT '<a>'", true},
      {"%d", "a", ""},
  };
  for (auto const& one : rows) {
    auto const query = sql_query::parse(one.text, one.backslashes);
    ASSERT_TRUE(query) << one.text;
    auto const made = query->format(address_parts(one.key), shout);
    EXPECT_EQ(made ? made->reveal() : "", one.want) << one.text << " " << one.key;
  }
  auto const query = sql_query::parse("'%s'", false).value();
  auto const refuse = [](std::string_view) -> result<secret> { return fail("not in the character set"); };
  EXPECT_FALSE(query.format(address_parts("a"), refuse));
  std::string const longest(70'000, 'x');
  EXPECT_FALSE(query.format(address_parts(longest), shout));
}

}  // namespace
}  // namespace postern::maps
