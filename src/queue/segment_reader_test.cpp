#include "queue/segment_reader.hpp"

#include <gtest/gtest.h>

#include "queue/segment_writer.hpp"
#include "queue/testing/power_loss_filesystem.hpp"

namespace postern::queue {
namespace {

constexpr segment_id id{0xFEEDFACECAFEBEEF};

struct fixture {
  testing::power_loss_filesystem disk;
  std::vector<location> places;

  explicit fixture(std::vector<std::string> const& bodies) {
    segment_writer writer(disk.create_append("/s").value(), id);
    for (std::string const& body : bodies) {
      std::string record = begin_record(body.size());
      record += body;
      close_record(record, record_type::message);
      places.push_back(writer.append_synced(std::move(record)).value());
    }
  }
  std::string& octets() { return disk.content("/s"); }
};

struct seen {
  std::vector<std::string> bodies;
  std::vector<damage> damages;
};

seen scan(fixture& of, std::uint64_t from = 0) {
  auto const file = of.disk.open_read("/s").value();
  segment_scanner scanner(*file, id, from);
  seen all;
  while (true) {
    auto const step = scanner.next().value();
    if (std::holds_alternative<end_of_segment>(step)) return all;
    if (auto const* bad = std::get_if<damage>(&step)) all.damages.push_back(*bad);
    if (auto const* record = std::get_if<whole_record>(&step)) all.bodies.emplace_back(record->body);
  }
}

std::vector<std::string> const three{"first", std::string(300000, 'b'), "third"};

TEST(segment_reader, reads_all_and_from_an_offset) {
  fixture of(three);
  EXPECT_EQ(scan(of).bodies, three);
  EXPECT_EQ(scan(of, of.places[2].offset).bodies, std::vector<std::string>{"third"});
  EXPECT_TRUE(scan(of).damages.empty());
}

TEST(segment_reader, empty_segment) {
  fixture of({});
  EXPECT_TRUE(scan(of).bodies.empty());
  EXPECT_TRUE(scan(of).damages.empty());
}

TEST(segment_reader, goes_on_after_damage_in_the_middle) {
  fixture of(three);
  of.octets()[of.places[1].offset + 1000] ^= 1;
  seen const all = scan(of);
  EXPECT_EQ(all.bodies, (std::vector<std::string>{"first", "third"}));
  ASSERT_EQ(all.damages.size(), 1U);
  EXPECT_EQ(all.damages[0].place, of.places[1]);
  EXPECT_EQ(all.damages[0].length, of.places[2].offset - of.places[1].offset);
  EXPECT_FALSE(all.damages[0].torn_tail);
  EXPECT_EQ(all.damages[0].why, "wrong checksum of a record's body");
}

TEST(segment_reader, a_damaged_length_does_not_hide_the_next_record) {
  fixture of(three);
  of.octets()[of.places[0].offset + 22] = '\x7f';
  EXPECT_EQ(scan(of).bodies, (std::vector<std::string>{three[1], "third"}));
}

TEST(segment_reader, cut_at_every_offset) {
  fixture of({"first", "second record", "third"});
  std::string const whole = of.octets();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    of.octets() = whole.substr(0, length);
    seen const all = scan(of);
    std::size_t const complete = (length >= of.places[1].offset) + (length >= of.places[2].offset);
    EXPECT_EQ(all.bodies.size(), complete) << length;
    bool const between = length == 0 || length == of.places[1].offset || length == of.places[2].offset;
    ASSERT_EQ(all.damages.size(), between ? 0U : 1U) << length;
    if (!between) {
      EXPECT_TRUE(all.damages[0].torn_tail);
    }
  }
}

// A message may hold octets that look like a record; only whoever knows the segment's id could make a valid one.
TEST(segment_reader, content_can_not_pose_as_a_record) {
  std::string forged = begin_record(6);
  forged += "forged";
  close_record(forged, record_type::message);
  place_record(forged, {segment_id{1}, record_header_size});
  fixture of({forged, "next"});
  of.octets()[of.places[0].offset] ^= 1;
  EXPECT_EQ(scan(of).bodies, std::vector<std::string>{"next"});
}

TEST(segment_reader, zeros_at_the_end_are_a_torn_tail) {
  fixture of({"first"});
  of.octets() += std::string(5000, '\0');
  seen const all = scan(of);
  EXPECT_EQ(all.bodies.size(), 1U);
  ASSERT_EQ(all.damages.size(), 1U);
  EXPECT_TRUE(all.damages[0].torn_tail);
}

TEST(segment_reader, reads_one_record_or_says_why_not) {
  fixture of(three);
  auto const file = of.disk.open_read("/s").value();
  EXPECT_EQ(read_record(*file, of.places[2], record_type::message).value(), "third");
  EXPECT_FALSE(read_record(*file, of.places[2], record_type::chunk));
  EXPECT_FALSE(read_record(*file, {id, of.places[2].offset + 8}, record_type::message));
  of.octets().back() = 'x';
  EXPECT_TRUE(read_record(*file, of.places[2], record_type::message));  // padding is not content
  of.octets()[of.places[2].offset + record_header_size] = 'x';
  EXPECT_FALSE(read_record(*file, of.places[2], record_type::message));
}

TEST(content_reader, joins_extents_in_buffers_of_any_size) {
  fixture of({"0123456789abcdef"});
  auto const file = of.disk.open_read("/s").value();
  std::vector<extent> const pieces{{record_header_size + 10, 6}, {record_header_size, 3}, {record_header_size + 5, 1}};
  for (std::size_t size = 1; size <= 12; ++size) {
    content_reader reader(*file, pieces);
    std::string all;
    std::string buffer(size, '\0');
    while (std::size_t const count = reader.read(buffer).value()) all += buffer.substr(0, count);
    EXPECT_EQ(all, "abcdef0125") << size;
  }
}

TEST(content_reader, an_extent_beyond_the_end_is_a_failure) {
  fixture of({"x"});
  auto const file = of.disk.open_read("/s").value();
  std::vector<extent> const pieces{{0, 1000}};
  std::string buffer(1000, '\0');
  EXPECT_FALSE(content_reader(*file, pieces).read(buffer));
}

}  // namespace
}  // namespace postern::queue
