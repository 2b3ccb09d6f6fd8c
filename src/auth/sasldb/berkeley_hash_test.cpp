#include "auth/sasldb/berkeley_hash.hpp"

#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace postern::auth::sasldb {
namespace {

std::map<std::string, std::string> as_map(records const& all) {
  std::map<std::string, std::string> out;
  for (auto const& one : all) out[one.key] = one.value.reveal();
  return out;
}

records many(std::size_t count, std::size_t value_octets) {
  records out;
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back({fmt::format("user{}", i), secret(std::string(value_octets, static_cast<char>('a' + i % 26)))});
  }
  return out;
}

TEST(berkeley_hash, what_libdb_writes_is_read) {
  struct row {
    char const* name;
    std::size_t count;
    std::size_t value_octets;
  };
  for (auto const& [name, count, value_octets] :
       {row{"nothing", 0, 0}, row{"one", 1, 6}, row{"empty values", 3, 0}, row{"several pages", 3000, 40},
        row{"values on pages of their own", 20, 3000}, row{"values over several pages", 5, 20000}}) {
    auto const content = many(count, value_octets);
    auto const image = make_berkeley_hash(content);
    ASSERT_TRUE(image) << name << image.error().text;
    EXPECT_TRUE(is_berkeley_db(image->reveal())) << name;
    auto const got = parse_berkeley_hash(image->reveal());
    ASSERT_TRUE(got) << name << ": " << got.error().text;
    EXPECT_EQ(as_map(*got), as_map(content)) << name;
  }
}

TEST(berkeley_hash, later_records_win) {
  auto const image = make_berkeley_hash({{"a", secret("old")}, {"a", secret("new")}});
  EXPECT_EQ(as_map(*parse_berkeley_hash(image->reveal())), (std::map<std::string, std::string>{{"a", "new"}}));
}

TEST(berkeley_hash, a_file_of_the_other_byte_order_is_read) {
  // Version, page size and so on of an empty database, as a big-endian machine writes them.
  std::string image(1024, '\0');
  auto const put = [&](std::size_t at, std::uint32_t number) {
    for (std::size_t i = 0; i < 4; ++i) image[at + i] = static_cast<char>(number >> (24 - 8 * i));
  };
  put(12, 0x061561);
  put(16, 9);
  put(20, 512);
  image[25] = 8;
  put(32, 1);
  // One pair on page 1: key "k" at 510, value "v" at 508.
  image[512 + 25] = 13;
  image[512 + 21] = 2;
  image[512 + 26] = 1;
  image[512 + 27] = static_cast<char>(0xfe);
  image[512 + 28] = 1;
  image[512 + 29] = static_cast<char>(0xfc);
  image.replace(512 + 508, 4, "\1v\1k");
  auto const got = parse_berkeley_hash(image);
  ASSERT_TRUE(got) << got.error().text;
  ASSERT_EQ(got->size(), 1U);
  EXPECT_EQ(got->front().key, "k");
  EXPECT_EQ(got->front().value.reveal(), "v");
}

TEST(berkeley_hash, damage_is_told_and_nothing_is_read_outside) {
  auto const image = make_berkeley_hash(many(40, 300));
  std::string const whole(image->reveal());
  EXPECT_FALSE(parse_berkeley_hash("not a database at all, but long enough to look at it: xxxxxxxxxxxxxxxxxxxxxxxxx"));
  for (std::size_t cut = 0; cut < whole.size(); cut += cut < 128 ? 1 : 61) {
    EXPECT_FALSE(parse_berkeley_hash(std::string_view(whole).substr(0, cut))) << cut;
  }
  // Any octet may be wrong: the answer is a failure or records, never a crash.
  std::size_t failures = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto broken = whole;
    broken[at] = static_cast<char>(broken[at] ^ 0xff);
    if (!parse_berkeley_hash(broken)) ++failures;
  }
  EXPECT_GT(failures, 30U);
}

}  // namespace
}  // namespace postern::auth::sasldb
