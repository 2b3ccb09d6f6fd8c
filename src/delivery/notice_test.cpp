#include "delivery/notice.hpp"

#include <gtest/gtest.h>

namespace postern::delivery {
namespace {

TEST(parse_reason, takes_apart_what_a_host_said) {
  auto got = parse_reason(
      "5.1.1 host mx.example[192.0.2.1] said: 550 5.1.1 no (such) user (in reply to RCPT TO command)", '5');
  EXPECT_EQ(got.status, "5.1.1");
  EXPECT_EQ(got.remote_host, "mx.example");
  EXPECT_EQ(got.diagnostic, "550 5.1.1 no (such) user");
  EXPECT_EQ(got.text, "host mx.example[192.0.2.1] said: 550 5.1.1 no (such) user (in reply to RCPT TO command)");
}

TEST(parse_reason, makes_permanent_what_expired_and_copes_with_anything) {
  EXPECT_EQ(parse_reason("4.4.1 connect to mx: refused", '5').status, "5.4.1");
  EXPECT_EQ(parse_reason("4.4.1 connect to mx: refused", '4').status, "4.4.1");
  EXPECT_EQ(parse_reason("", '5').status, "5.0.0");
  EXPECT_EQ(parse_reason("just words", '5').text, "just words");
  EXPECT_TRUE(parse_reason("5.0.0 host  said: ", '5').remote_host.empty());
}

TEST(decide_return_whole, by_kind_size_and_ret) {
  queue::stored_message original;
  original.content_size = 1000;
  EXPECT_TRUE(decide_return_whole(queue::notice_kind::failure, original, 1000));
  EXPECT_FALSE(decide_return_whole(queue::notice_kind::failure, original, 999));
  EXPECT_FALSE(decide_return_whole(queue::notice_kind::delay, original, 1000));
  original.env.ret = queue::return_content::headers;
  EXPECT_FALSE(decide_return_whole(queue::notice_kind::failure, original, 1000));
}

TEST(compose_notice, goes_to_the_sender_from_nobody) {
  queue_settings settings;
  settings.host_name = "mail.example.com";
  settings.mail_name = "Postern";
  queue::stored_message original;
  original.env.id = queue::queue_id{0x123};
  original.env.sender = "joe@example.com";
  original.env.session.session_id = "S1";
  original.env.recipients.push_back({"gone@example.org", {}, 0, queue::recipient_class::remote});
  queue::notice_request request;
  request.recipients.push_back({0, queue::recipient_status::failed, "5.1.1 host mx[192.0.2.1] said: 550 no"});
  notice_source source{request, original, "Subject: hi\r\n\r\nbody\r\n", true};
  auto got = compose_notice(settings, source, queue::queue_id{0x456}, queue::recipient_class::local, wall_time{});
  EXPECT_EQ(got.env.sender, "");
  EXPECT_EQ(got.env.priority, queue::lane::system);
  ASSERT_EQ(got.env.recipients.size(), 1U);
  EXPECT_EQ(got.env.recipients[0].address, "joe@example.com");
  EXPECT_TRUE(got.content.starts_with("Received: by mail.example.com (Postern)\r\n\tid 0000000000000456; "));
  for (auto const* part : {"multipart/report", "gone@example.org", "5.1.1", "550 no", "Subject: hi"}) {
    EXPECT_NE(got.content.find(part), std::string::npos) << part << "\n" << got.content;
  }
  EXPECT_NE(got.content.find("\r\n\r\n"), std::string::npos);
}

}  // namespace
}  // namespace postern::delivery
