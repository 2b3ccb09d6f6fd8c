#include "queue/message_record.hpp"

#include <gtest/gtest.h>

#include "queue/record.hpp"

namespace postern::queue {
namespace {

constexpr location here{segment_id{7}, 1 << 20};

envelope full_envelope() {
  envelope env;
  env.id = queue_id{0xABCDEF};
  env.arrival = wall_time(std::chrono::microseconds(1767225600123456));
  env.sender = "joe@example.com";
  env.body = body_type::eight_bit;
  env.smtputf8 = true;
  env.ret = return_content::headers;
  env.envid = "QQ314159";
  env.priority = lane::system;
  env.relocated_from = location{segment_id{3}, 64};
  env.session = {"S1", "192.0.2.1", "client.example", "phone", "ESMTPSA", "joe", "PLAIN"};
  env.recipients = {
      {"anna@example.org", "rfc822;anna@example.org", notify::success | notify::failure, recipient_class::remote},
      {"börje@example.se", "", 0, recipient_class::local}};
  return env;
}

std::string_view body_of(std::string const& record) {
  auto const header = parse_record_header(record, here).value();
  return std::string_view(record).substr(record_header_size, header.body_length);
}

std::string build(envelope const& env, std::string_view content, std::uint64_t header_length) {
  message_builder builder(env);
  builder.append(content);
  std::string record = builder.finish(header_length);
  place_record(record, here);
  return record;
}

TEST(message_record, goes_both_ways) {
  std::string const content = "Subject: x\r\n\r\nbody\r\n";
  std::string const record = build(full_envelope(), content, 14);
  auto const stored = parse_message_record(body_of(record), here);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->env, full_envelope());
  EXPECT_EQ(stored->content_size, content.size());
  EXPECT_EQ(stored->header_length, 14U);
  ASSERT_EQ(stored->content.size(), 1U);
  extent const piece = stored->content.front();
  EXPECT_EQ(record.substr(piece.offset - here.offset, piece.length), content);
}

TEST(message_record, without_content_and_recipients) {
  auto const stored = parse_message_record(body_of(build({}, "", 0)), here);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->env, envelope{});
  EXPECT_TRUE(stored->content.empty());
}

envelope directed_envelope() {
  auto env = full_envelope();
  env.hold = "look at it";
  env.filter = "scan:[127.0.0.1]:10024";
  env.recipients[1].original = "info@example.se";
  return env;
}

TEST(message_record, what_directs_a_message_goes_both_ways) {
  auto held = full_envelope();
  held.hold = "";
  auto aliased = full_envelope();
  aliased.recipients[0].original = "all@example.org";
  for (auto const& env : {directed_envelope(), held, aliased}) {
    std::string const record = build(env, "content", 0);
    auto const stored = parse_message_record(body_of(record), here);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->env, env);
  }
  std::string const record = build(directed_envelope(), "content", 0);
  std::string_view const body = body_of(record);
  for (std::size_t length = 0; length < body.size(); ++length) {
    EXPECT_FALSE(parse_message_record(body.substr(0, length), here)) << length;
  }
}

TEST(message_record, an_envelope_can_be_replaced_until_the_end) {
  std::string const header = "Subject: x\r\n\r\n";
  for (std::size_t const size : {0, 10, 70'000}) {
    std::string const content = header + std::string(size, 'x');
    message_builder builder(full_envelope());
    builder.append(content);
    builder.replace_envelope(directed_envelope());
    std::string record = builder.finish(header.size());
    place_record(record, here);
    auto const stored = parse_message_record(body_of(record), here);
    ASSERT_TRUE(stored) << size;
    EXPECT_EQ(stored->env, directed_envelope());
    EXPECT_EQ(stored->content_size, content.size());
    extent const piece = stored->content.back();
    EXPECT_EQ(record.substr(piece.offset - here.offset, piece.length), content);
  }
}

TEST(message_record, cut_at_every_offset_is_refused) {
  std::string const record = build(full_envelope(), "content", 0);
  std::string_view const body = body_of(record);
  for (std::size_t length = 0; length < body.size(); ++length) {
    EXPECT_FALSE(parse_message_record(body.substr(0, length), here)) << length;
  }
}

// Damage that the checksum would stop must not do harm even without it.
TEST(message_record, any_octet_changed_is_read_or_refused) {
  std::string const record = build(full_envelope(), "content", 0);
  std::string body(body_of(record));
  for (char& octet : body) {
    char const before = octet;
    for (char const value : {'\0', '\x7f', '\xff'}) {
      octet = value;
      if (auto const stored = parse_message_record(body, here)) {
        EXPECT_LE(stored->env.recipients.size(), 2U);
      }
    }
    octet = before;
  }
}

TEST(message_record, extents_may_not_reach_beyond_the_message) {
  message_builder builder({}, {.inline_content_max = 4, .chunk_content_max = 8});
  builder.append("0123456789");
  ASSERT_TRUE(builder.chunk_ready());
  builder.take_chunk();
  builder.on_chunk_placed({here.segment, here.offset});
  std::string record = builder.finish(0);
  place_record(record, here);
  EXPECT_FALSE(parse_message_record(body_of(record), here));
}

// Whatever the pieces, the same octets come out, and small messages need no chunk.
TEST(message_record, content_in_pieces_of_any_size) {
  std::string content;
  for (int line = 0; line < 40; ++line) content += "line " + std::to_string(line) + "\r\n";
  for (std::size_t piece = 1; piece <= content.size(); ++piece) {
    message_builder builder(full_envelope(), {.inline_content_max = 64, .chunk_content_max = 96});
    std::string segment(64, 's');
    for (std::size_t at = 0; at < content.size(); at += piece) {
      builder.append(std::string_view(content).substr(at, piece));
      while (builder.chunk_ready()) {
        std::string chunk = builder.take_chunk();
        builder.on_chunk_placed({here.segment, segment.size()});
        segment += chunk;
      }
    }
    location const place{here.segment, segment.size()};
    std::string record = builder.finish(3);
    place_record(record, place);
    segment += record;
    auto const header = parse_record_header(record, place).value();
    auto const stored =
        parse_message_record(std::string_view(record).substr(record_header_size, header.body_length), place);
    ASSERT_TRUE(stored) << piece;
    std::string read;
    for (extent const& part : stored->content) read += segment.substr(part.offset, part.length);
    EXPECT_EQ(read, content) << piece;
    EXPECT_EQ(builder.content_size(), content.size());
  }
}

}  // namespace
}  // namespace postern::queue
