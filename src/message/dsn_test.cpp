#include "message/dsn.hpp"

#include <gtest/gtest.h>

namespace postern::message {
namespace {

dsn_request basic_request() {
  dsn_request request;
  request.host_name = "mx.example";
  request.mail_name = "Postern";
  request.sender = "joe@me.example";
  request.queue_id = "4ABC";
  request.notice_id = "5DEF";
  request.arrival_date = "Mon,  3 Feb 2025 10:00:00 +0000 (UTC)";
  request.date = "Mon,  3 Feb 2025 10:05:00 +0000 (UTC)";
  request.boundary = "4ABC.0/postern";
  request.recipients.push_back(
      {.address = "ann@example.net",
       .original_recipient = "rfc822;ann+2Bx@example.net",
       .status = {5, 1, 1},
       .reason = "host mx[192.0.2.1] said: 550 5.1.1 no such user (in reply to RCPT TO command)",
       .remote_host = "mx.example.net",
       .diagnostic = "550 5.1.1 no such user"});
  return request;
}

TEST(dsn, writes_a_whole_notice) {
  auto request = basic_request();
  request.envelope_id = "id+2B1";
  request.original = "Subject: hello\r\n\r\nbody\r\n";
  request.original_is_complete = true;
  EXPECT_EQ(format_dsn(request),
            "Date: Mon,  3 Feb 2025 10:05:00 +0000 (UTC)\r\n"
            "From: MAILER-DAEMON@mx.example (Mail Delivery System)\r\n"
            "Subject: Undelivered Mail Returned to Sender\r\n"
            "To: joe@me.example\r\n"
            "Message-Id: <5DEF@mx.example>\r\n"
            "Auto-Submitted: auto-replied\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: multipart/report; report-type=delivery-status;\r\n"
            "\tboundary=\"4ABC.0/postern\"\r\n"
            "\r\n"
            "This is a MIME-encapsulated message.\r\n"
            "\r\n"
            "--4ABC.0/postern\r\n"
            "Content-Description: Notification\r\n"
            "Content-Type: text/plain; charset=us-ascii\r\n"
            "\r\n"
            "This is the mail system at host mx.example.\r\n"
            "\r\n"
            "Your message could not be delivered to the recipients below, and no more attempts are\r\n"
            "made. What you sent is attached.\r\n"
            "\r\n"
            "<ann@example.net>: host mx[192.0.2.1] said: 550 5.1.1 no such user (in reply\r\n"
            "    to RCPT TO command)\r\n"
            "\r\n"
            "If you need help, write to postmaster at mx.example and include this message.\r\n"
            "\r\n"
            "--4ABC.0/postern\r\n"
            "Content-Description: Delivery report\r\n"
            "Content-Type: message/delivery-status\r\n"
            "\r\n"
            "Original-Envelope-Id: id+1\r\n"
            "Reporting-MTA: dns; mx.example\r\n"
            "X-Postern-Queue-ID: 4ABC\r\n"
            "X-Postern-Sender: rfc822; joe@me.example\r\n"
            "Arrival-Date: Mon,  3 Feb 2025 10:00:00 +0000 (UTC)\r\n"
            "\r\n"
            "Original-Recipient: rfc822;ann+2Bx@example.net\r\n"
            "Final-Recipient: rfc822; ann@example.net\r\n"
            "Action: failed\r\n"
            "Status: 5.1.1\r\n"
            "Remote-MTA: dns; mx.example.net\r\n"
            "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
            "\r\n"
            "--4ABC.0/postern\r\n"
            "Content-Description: Undelivered Message\r\n"
            "Content-Type: message/rfc822\r\n"
            "\r\n"
            "Subject: hello\r\n"
            "\r\n"
            "body\r\n"
            "\r\n"
            "--4ABC.0/postern--\r\n");
}

bool has(std::string const& text, std::string_view line) {
  return text.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
}

TEST(dsn, writes_a_delay_notice_with_headers_only) {
  auto request = basic_request();
  request.kind = dsn_kind::delayed;
  request.recipients[0].status = {4, 4, 1};
  request.recipients[0].diagnostic.clear();
  request.recipients[0].reason = "connect to mx.example.net[192.0.2.1]:25: timed out";
  request.recipients[0].will_retry_until = "Sat,  8 Feb 2025 10:00:00 +0000 (UTC)";
  request.original = "Subject: hello\r\n";
  auto const text = format_dsn(request);
  EXPECT_TRUE(has(text, "Subject: Delayed Mail (still being retried)"));
  EXPECT_TRUE(has(text, "Action: delayed"));
  EXPECT_TRUE(has(text, "Status: 4.4.1"));
  EXPECT_TRUE(has(text, "Will-Retry-Until: Sat,  8 Feb 2025 10:00:00 +0000 (UTC)"));
  EXPECT_TRUE(has(text, "Content-Type: text/rfc822-headers"));
  EXPECT_NE(text.find("Diagnostic-Code: X-Postern; connect to"), std::string::npos);
}

TEST(dsn, uses_the_international_types_for_international_mail) {
  auto request = basic_request();
  request.smtputf8 = true;
  request.recipients[0].address = "j\xC3\xB6@example.net";
  request.original = "Subject: h\xC3\xB6\r\n";
  auto const text = format_dsn(request);
  EXPECT_TRUE(has(text, "Content-Type: message/global-delivery-status"));
  EXPECT_TRUE(has(text, "Final-Recipient: utf-8; j\xC3\xB6@example.net"));
  EXPECT_TRUE(has(text, "Content-Type: message/global-headers"));
  EXPECT_TRUE(has(text, "Content-Transfer-Encoding: 8bit"));
}

TEST(dsn, lets_no_peer_write_lines_of_its_own) {
  auto request = basic_request();
  request.recipients[0].diagnostic = "550 x\r\nAction: delivered\r\n\r\n--4ABC.0/postern--";
  request.recipients[0].reason = request.recipients[0].diagnostic;
  auto const text = format_dsn(request);
  EXPECT_FALSE(has(text, "Action: delivered"));
  EXPECT_EQ(text.find("\r\n--4ABC.0/postern--"), text.rfind("\r\n--4ABC.0/postern--"));
}

TEST(dsn, keeps_every_line_short) {
  auto request = basic_request();
  request.recipients[0].reason = std::string(3'000, 'a') + " " + std::string(50, 'b') + " " + std::string(50, 'c');
  std::string long_words;
  for (int i = 0; i < 500; ++i) long_words += "word ";
  request.recipients[0].diagnostic = long_words;
  auto const text = format_dsn(request);
  auto const start = text.find("Diagnostic-Code");
  for (std::size_t at = start; at < text.size();) {
    auto const end = text.find("\r\n", at);
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(end - at, 78U);
    at = end + 2;
  }
}

TEST(dsn, makes_boundaries_that_are_not_in_the_original) {
  EXPECT_EQ(make_boundary("4ABC", "text"), "4ABC.0/postern");
  EXPECT_EQ(make_boundary("4ABC", "text 4ABC.0/postern 4ABC.1/postern"), "4ABC.2/postern");
  EXPECT_EQ(make_boundary("a\"b\r\n", ""), "a_b__.0/postern");
}

TEST(dsn, decides_who_is_told) {
  auto const bits = [](auto... on) { return static_cast<std::uint8_t>((static_cast<unsigned>(on) | ... | 0U)); };
  struct {
    dsn_kind kind;
    std::uint8_t notify;
    std::string_view sender;
    bool want;
  } const cases[] = {
      {dsn_kind::failed, 0, "a@b", true},
      {dsn_kind::failed, 0, "", false},
      {dsn_kind::failed, bits(notify_on::never), "a@b", false},
      {dsn_kind::failed, bits(notify_on::failure), "a@b", true},
      {dsn_kind::failed, bits(notify_on::success, notify_on::delay), "a@b", false},
      {dsn_kind::delayed, 0, "a@b", true},
      {dsn_kind::delayed, bits(notify_on::failure), "a@b", false},
      {dsn_kind::delayed, bits(notify_on::delay), "a@b", true},
      {dsn_kind::delivered, 0, "a@b", false},
      {dsn_kind::delivered, bits(notify_on::success), "a@b", true},
      {dsn_kind::delivered, bits(notify_on::success), "", false},
  };
  for (auto const& test : cases) {
    EXPECT_EQ(decide_notice(test.kind, test.notify, test.sender), test.want)
        << static_cast<int>(test.kind) << ' ' << static_cast<int>(test.notify) << ' ' << test.sender;
  }
}

TEST(xtext, decodes_and_encodes) {
  struct {
    std::string_view xtext, text;
    bool good;
  } const cases[] = {
      {"plain", "plain", true}, {"a+2Bb+3Dc", "a+b=c", true}, {"+0D+0A", "\r\n", true},
      {"", "", true},           {"a+2", "", false},           {"a+", "", false},
      {"a+2b", "", false},      {"a=b", "", false},           {"a b", "", false},
      {"+GG", "", false},
  };
  for (auto const& test : cases) {
    bool good = false;
    EXPECT_EQ(decode_xtext(test.xtext, &good), test.text) << test.xtext;
    EXPECT_EQ(good, test.good) << test.xtext;
    if (test.good) EXPECT_EQ(encode_xtext(test.text), test.xtext);
  }
}

}  // namespace
}  // namespace postern::message
