#include "maps/key_template.hpp"

#include <gtest/gtest.h>

#include "maps/key_filter.hpp"

namespace postern::maps {
namespace {

using namespace std::string_view_literals;

// What Postfix 3.7's postmap(1) said to the same templates and keys.
TEST(key_template, queries) {
  struct {
    std::string_view text, key, want;  // want "": no such key
  } const rows[] = {
      {"%s|%u", "a", "a|a"},
      {"%s|%u", "a@b", "a@b|a"},
      {"%s|%u", "u@", "u@|u"},
      {"%s|%u", "@d", ""},
      {"%s|%u", "a@b@c", "a@b@c|a@b"},
      {"%d", "a", ""},
      {"%d", "u@", ""},
      {"%d", "@d", "d"},
      {"%d", "a@b@c", "c"},
      {"%2.%1", "a@b.c", "b.c"},
      {"%2.%1", "a@x.y.z", "y.z"},
      {"%2.%1", "y.z", ""},
      {"%2.%1", "a@b.", ""},
      {"%2.%1", "a@b..c", "b.c"},
      {"%S%U%D", "a@b", "a@bab"},
      {"100%%", "a", "100%"},
      {"fixed", "a", "fixed"},
      {"%s", "%u", "%u"},
  };
  for (auto const& one : rows) {
    auto const parsed = key_template::parse(one.text);
    ASSERT_TRUE(parsed) << one.text;
    address_parts const key(one.key);
    EXPECT_EQ(parsed->expand(key, key).value_or(""), one.want) << one.text << " " << one.key;
  }
  for (auto const* const text : {"%", "100%", "%x", "%0", "%%%"}) EXPECT_FALSE(key_template::parse(text)) << text;
}

TEST(key_template, result_formats) {
  struct {
    std::string_view text, want;
  } const rows[] = {
      {"%s", "v1,V3@Y.Example,u@"},
      {"%u", "v1,V3,u"},
      {"%d", "Y.Example"},
      {"<%s>", "<v1>,<V3@Y.Example>,<u@>"},
      {"%u-%d", "V3-Y.Example"},
      {"%S:%s", "joe@x.example:v1,joe@x.example:V3@Y.Example,joe@x.example:u@"},
      {"%D", "x.example,x.example,x.example"},
      {"fixed", "fixed,fixed,fixed"},
      {"%2:%u", "x:v1,x:V3,x:u"},
      {"%3:%s", ""},
  };
  address_parts const key("joe@x.example");
  for (auto const& one : rows) {
    auto const format = key_template::parse(one.text).value();
    value_list values(format, key, 0);
    for (auto const* const value : {"v1", "", "V3@Y.Example", "u@"}) EXPECT_TRUE(values.add(value));
    EXPECT_EQ(values.take().value_or(""), one.want) << one.text;
  }
  EXPECT_FALSE(key_template::parse("%3:%s")->fits_key(key));
  EXPECT_TRUE(key_template::parse("%2:%s%U")->fits_key(key));
}

TEST(key_template, expansion_limit) {
  auto const format = key_template::parse("%d").value();
  address_parts const key("k");
  value_list values(format, key, 1);
  EXPECT_TRUE(values.add("not an address, so not counted"));
  EXPECT_TRUE(values.add("a@b"));
  EXPECT_FALSE(values.add("a@c"));
}

TEST(key_filter, domains) {
  struct {
    std::vector<std::string> domains;
    std::string key, want;
  } const rows[] = {
      {{}, "JOE", "joe"},
      {{}, "", ""},
      {{}, std::string("a\0b", 3), ""},
      {{}, "a\xff", ""},
      {{}, "\xc3\xa9", "\xc3\xa9"},
      {{"x.example", "!q.example"}, "JOE@X.Example", "joe@x.example"},
      {{"x.example"}, "joe", ""},
      {{"x.example"}, "x.example", ""},
      {{"x.example"}, "@x.example", ""},
      {{"x.example"}, "joe@sub.x.example", ""},
      {{".sub.example"}, "a@a.sub.example", ""},
      {{"!q.example", "static:all"}, "a@q.example", ""},
      {{"!q.example", "static:all"}, "a@r.example", "a@r.example"},
      {{"!!q.example"}, "a@q.example", "a@q.example"},
      {{"inline:{ y.example=1 }"}, "a@y.example", "a@y.example"},
  };
  for (auto const& one : rows) {
    auto const filter = key_filter::load(one.domains);
    ASSERT_TRUE(filter) << filter.error().text;
    EXPECT_EQ(filter->prepare(one.key).value().value_or(""), one.want) << one.key;
  }
  EXPECT_FALSE(key_filter::load({"/nonexistent/domains"}));
  EXPECT_FALSE(key_filter::load({"nosuch:table"}));
}

}  // namespace
}  // namespace postern::maps
