#include "queue/record.hpp"

#include <gtest/gtest.h>

namespace postern::queue {
namespace {

constexpr location here{segment_id{0x1122334455667788}, 4096};

std::string make_record(std::string_view body) {
  std::string record = begin_record(body.size());
  record += body;
  close_record(record, record_type::chunk);
  place_record(record, here);
  return record;
}

TEST(record, bytes_are_those_of_the_document) {
  std::string const record = make_record("hello");
  EXPECT_EQ(record.size(), 40U);
  EXPECT_EQ(record.substr(0, 8), std::string("PSQ1\x01\x01\0\0", 8));
  EXPECT_EQ(record.substr(8, 8), "\x88\x77\x66\x55\x44\x33\x22\x11");
  EXPECT_EQ(record.substr(16, 8), std::string("\0\x02\0\0\x05\0\0\0", 8));
  EXPECT_EQ(record.substr(32), std::string("hello\0\0\0", 8));
}

TEST(record, goes_both_ways) {
  for (std::size_t length : {0U, 1U, 7U, 8U, 9U, 1000U}) {
    std::string const body(length, 'x');
    std::string const record = make_record(body);
    EXPECT_EQ(record.size(), record_size(length));
    EXPECT_EQ(record.size() % record_alignment, 0U);
    auto const header = parse_record_header(record, here);
    ASSERT_TRUE(header) << length;
    EXPECT_EQ(header->type, record_type::chunk);
    EXPECT_EQ(header->body_length, length);
    EXPECT_TRUE(body_is_whole(*header, body));
  }
}

TEST(record, belongs_to_one_place_only) {
  std::string const record = make_record("hello");
  EXPECT_FALSE(parse_record_header(record, {here.segment, here.offset + 8}));
  EXPECT_FALSE(parse_record_header(record, {segment_id{1}, here.offset}));
}

TEST(record, every_flipped_bit_is_seen) {
  std::string const record = make_record("hello");
  for (std::size_t bit = 0; bit < (record_header_size + 5) * 8; ++bit) {
    std::string damaged = record;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    auto const header = parse_record_header(damaged, here);
    bool const whole = header && body_is_whole(*header, std::string_view(damaged).substr(32, header->body_length));
    EXPECT_FALSE(whole) << bit;
  }
}

TEST(record, cut_at_every_offset) {
  std::string const record = make_record("hello");
  for (std::size_t length = 0; length < record_header_size; ++length) {
    EXPECT_FALSE(parse_record_header(std::string_view(record).substr(0, length), here)) << length;
  }
}

}  // namespace
}  // namespace postern::queue
