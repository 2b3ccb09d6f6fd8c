#include "queue/spool.hpp"

#include <set>

#include <gtest/gtest.h>

#include "queue/segment_writer.hpp"
#include "queue/testing/power_loss_filesystem.hpp"

namespace postern::queue {
namespace {

TEST(spool, segment_ids_go_both_ways) {
  EXPECT_EQ(format_segment_id(segment_id{0xAB}), "00000000000000ab");
  EXPECT_EQ(parse_segment_id("00000000000000ab"), segment_id{0xAB});
  for (char const* text : {"", "ab", "00000000000000ag", "00000000000000ab0", "+0000000000000ab"}) {
    EXPECT_FALSE(parse_segment_id(text)) << text;
  }
}

TEST(spool, segments_are_made_listed_and_removed) {
  testing::power_loss_filesystem disk;
  disk.keep_nothing(true);
  spool of(disk, "/q");
  ASSERT_TRUE(of.prepare());
  std::set<std::uint16_t> writers;
  std::set<segment_id> ids;
  for (int count = 0; count < 3; ++count) {
    auto const made = of.create_segment().value();
    writers.insert(made.writer.value);
    ids.insert(made.id);
  }
  EXPECT_EQ(writers.size(), 3U);
  disk.lose_power();
  auto const listed = of.list_segments().value();
  EXPECT_EQ(std::set<segment_id>(listed.begin(), listed.end()), ids);
  ASSERT_TRUE(of.remove_segment(listed[0]));
  ASSERT_TRUE(of.remove_segment(listed[0])) << "a second time is a success";
  disk.lose_power();
  EXPECT_EQ(of.list_segments().value().size(), 2U);
}

TEST(spool, a_segment_has_a_writer_until_its_file_is_let_go) {
  testing::power_loss_filesystem disk;
  spool of(disk, "/q");
  auto made = of.create_segment().value();
  EXPECT_TRUE(of.has_living_writer(made.id).value());
  made.file.reset();
  EXPECT_FALSE(of.has_living_writer(made.id).value());
}

TEST(spool, quarantine_copies_once_and_changes_nothing) {
  testing::power_loss_filesystem disk;
  spool of(disk, "/q");
  auto made = of.create_segment().value();
  std::string_view const octets = "0123456789";
  ASSERT_TRUE(made.file->append(std::span(&octets, 1)));
  auto const file = of.open_segment(made.id).value();
  damage const found{{made.id, 2}, 5, false, "test"};
  std::string const path = of.quarantine(*file, found).value();
  EXPECT_EQ(path, "/q/quarantine/" + format_segment_id(made.id) + "-2-5");
  EXPECT_EQ(disk.content(path), "23456");
  EXPECT_EQ(of.quarantine(*file, found).value(), path);
  EXPECT_EQ(disk.content(of.segment_path(made.id)), octets);
}

TEST(spool, a_half_made_copy_is_made_again) {
  testing::power_loss_filesystem disk;
  spool of(disk, "/q");
  auto made = of.create_segment().value();
  std::string_view const octets = "0123456789";
  ASSERT_TRUE(made.file->append(std::span(&octets, 1)));
  auto const file = of.open_segment(made.id).value();
  damage const found{{made.id, 0}, 10, true, "test"};
  disk.fail_at(disk.operations() + 2);
  EXPECT_FALSE(of.quarantine(*file, found));
  std::string const path = of.quarantine(*file, found).value();
  EXPECT_EQ(disk.content(path), octets);
}

TEST(segment_writer, an_error_is_for_good) {
  testing::power_loss_filesystem disk;
  spool of(disk, "/q");
  auto made = of.create_segment().value();
  segment_writer writer(std::move(made.file), made.id);
  std::string record = begin_record(0);
  close_record(record, record_type::chunk);
  disk.fail_at(disk.operations() + 1);
  EXPECT_FALSE(writer.append(record));
  EXPECT_TRUE(writer.poisoned());
  EXPECT_FALSE(writer.append(record));
  EXPECT_FALSE(writer.sync());
}

}  // namespace
}  // namespace postern::queue
