#include "queue/crc32c.hpp"

#include <numeric>
#include <string>

#include <gtest/gtest.h>

namespace postern::queue {
namespace {

std::string rising() {
  std::string octets(32, '\0');
  std::iota(octets.begin(), octets.end(), '\0');
  return octets;
}

TEST(crc32c, known_values) {
  struct row {
    char const* name;
    std::string input;
    std::uint32_t want;
  };
  row const rows[] = {
      {"nothing", "", 0},
      {"32 zeros [RFC 3720 §B.4]", std::string(32, '\0'), 0x8A9136AA},
      {"32 ones [RFC 3720 §B.4]", std::string(32, '\xff'), 0x62A8AB43},
      {"32 rising [RFC 3720 §B.4]", rising(), 0x46DD794E},
      {"check value", "123456789", 0xE3069283},
  };
  for (row const& at : rows) {
    EXPECT_EQ(crc32c(at.input), at.want) << at.name;
    EXPECT_EQ(crc32c_by_table(at.input), at.want) << at.name;
  }
}

TEST(crc32c, hardware_and_table_agree_however_it_is_split) {
  std::string octets;
  for (int index = 0; index < 100; ++index) octets += static_cast<char>(index * 37);
  for (std::size_t length = 0; length <= octets.size(); ++length) {
    std::string_view const part = std::string_view(octets).substr(0, length);
    EXPECT_EQ(crc32c(part), crc32c_by_table(part));
    EXPECT_EQ(crc32c(std::string_view(octets).substr(length), crc32c(part)), crc32c(octets));
  }
}

}  // namespace
}  // namespace postern::queue
