#include "queue/state_entry.hpp"

#include <gtest/gtest.h>

namespace postern::queue {
namespace {

constexpr segment_id one{1}, two{2};

message_status full_status() {
  return {
      .at = {one, 64},
      .id = queue_id{77},
      .moved_from = location{two, 128},
      .held = true,
      .delay_notified = true,
      .attempts = 12,
      .next_retry = wall_time(std::chrono::milliseconds(1767225600123)),
      .recipients = {{0, recipient_status::failed, "5.1.1 no such user"}, {7, recipient_status::pending, "4.4.1 x"}}};
}

std::vector<state_entry> all_kinds() {
  return {full_status(), message_status{.at = {one, 8}}, messages_done{one, {64, 128, 1 << 20}}, messages_done{two, {}},
          segment_removed{two}};
}

TEST(state_entry, goes_both_ways) {
  for (state_entry const& entry : all_kinds()) {
    std::string body;
    format_state_entry(body, entry);
    EXPECT_EQ(parse_state_entry(body), entry);
  }
}

TEST(state_entry, cut_at_every_offset_or_too_long_is_refused) {
  for (state_entry const& entry : all_kinds()) {
    std::string body;
    format_state_entry(body, entry);
    for (std::size_t length = 0; length < body.size(); ++length) {
      EXPECT_FALSE(parse_state_entry(std::string_view(body).substr(0, length))) << length;
    }
    EXPECT_FALSE(parse_state_entry(body + '\0'));
  }
}

TEST(state_entry, unknown_kinds_and_statuses_are_refused) {
  EXPECT_FALSE(parse_state_entry(std::string(1, '\x09')));
  message_status odd = full_status();
  odd.recipients[0].status = static_cast<recipient_status>(99);
  std::string body;
  format_state_entry(body, odd);
  EXPECT_FALSE(parse_state_entry(body));
}

TEST(state_image, entries_applied_twice_change_nothing) {
  state_image image;
  for (int round = 0; round < 2; ++round) {
    image.apply(full_status());
    EXPECT_EQ(*image.find({one, 64}), full_status());
    EXPECT_TRUE(image.is_done({two, 128})) << "the original of a moved message";
  }
  for (int round = 0; round < 2; ++round) {
    image.apply(messages_done{one, {64}});
    EXPECT_TRUE(image.is_done({one, 64}));
    EXPECT_EQ(image.find({one, 64}), nullptr);
    image.apply(full_status());
    EXPECT_EQ(image.find({one, 64}), nullptr) << "done is done";
  }
  image.apply(segment_removed{one});
  EXPECT_TRUE(image.is_removed(one));
  EXPECT_FALSE(image.is_done({one, 64}));
}

TEST(state_image, the_last_status_counts) {
  state_image image;
  message_status status{.at = {one, 8}, .attempts = 1};
  image.apply(status);
  status.attempts = 2;
  image.apply(status);
  EXPECT_EQ(image.find({one, 8})->attempts, 2);
}

}  // namespace
}  // namespace postern::queue
