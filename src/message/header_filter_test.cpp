#include "message/header_filter.hpp"

#include <gtest/gtest.h>

namespace postern::message {
namespace {

struct outcome {
  std::string content;
  header_facts facts;
  std::size_t body_offset = 0;
};

outcome filter(header_policy const& policy, std::vector<std::string_view> const& pieces) {
  header_filter stage(policy);
  outcome out;
  for (auto const piece : pieces) stage.feed(std::string(piece), out.content);
  stage.finish(out.content);
  out.facts = stage.facts();
  out.body_offset = stage.body_offset();
  return out;
}

struct filter_case {
  std::string_view name, input, want;
  std::string_view header;  // what of `want` is header section and empty line
};

std::vector<std::string> const dropped{"bcc", "return-path", "x-originating-ip", "x-client-ip"};

header_policy basic_policy() {
  header_policy policy;
  policy.drop = &dropped;
  policy.add_missing = true;
  policy.date = "Mon,  3 Feb 2025 10:00:00 +0000 (UTC)";
  policy.message_id = "<new@mx.example>";
  return policy;
}

#define ADDED "Message-Id: <new@mx.example>\r\nDate: Mon,  3 Feb 2025 10:00:00 +0000 (UTC)\r\n"
#define KEPT "Date: x\r\nMessage-ID: <a@b>\r\n"

filter_case const cases[] = {
    {"nothing is missing", KEPT "\r\nbody\r\n", KEPT "\r\nbody\r\n", KEPT "\r\n"},
    {"all is missing", "Subject: a\r\n\r\nbody\r\n", "Subject: a\r\n" ADDED "\r\nbody\r\n",
     "Subject: a\r\n" ADDED "\r\n"},
    {"Date is missing", "message-id : <a@b>\r\n\r\n",
     "message-id : <a@b>\r\nDate: Mon,  3 Feb 2025 10:00:00 +0000 (UTC)\r\n\r\n",
     "message-id : <a@b>\r\nDate: Mon,  3 Feb 2025 10:00:00 +0000 (UTC)\r\n\r\n"},
    {"no header at all", "\r\nbody\r\n", ADDED "\r\nbody\r\n", ADDED "\r\n"},
    {"empty message", "", ADDED, ADDED},
    {"header only", KEPT, KEPT, KEPT},
    {"body like a header stays", KEPT "\r\nBcc: x\r\nX-Originating-IP: 1\r\n",
     KEPT "\r\nBcc: x\r\nX-Originating-IP: 1\r\n", KEPT "\r\n"},
    {"a line that is no field begins the body", KEPT "hello world\r\nmore\r\n", KEPT "\r\nhello world\r\nmore\r\n",
     KEPT "\r\n"},
    {"white space first begins the body", " hello\r\n", ADDED "\r\n hello\r\n", ADDED "\r\n"},
    {"dropped with its continuation", "Bcc: a,\r\n b\r\n" KEPT "\r\n", KEPT "\r\n", KEPT "\r\n"},
    {"dropped last", KEPT "RETURN-PATH: <x>\r\n\r\n", KEPT "\r\n", KEPT "\r\n"},
    {"origin is dropped", "X-Originating-IP: [192.0.2.1]\r\nx-client-ip: 192.0.2.1\r\n" KEPT "\r\n", KEPT "\r\n",
     KEPT "\r\n"},
    {"similar names stay", "X-Originating-IPs: a\r\nBcc2: b\r\n" KEPT "\r\n",
     "X-Originating-IPs: a\r\nBcc2: b\r\n" KEPT "\r\n", "X-Originating-IPs: a\r\nBcc2: b\r\n" KEPT "\r\n"},
    {"folded field", "Subject: a\r\n\tb\r\n c\r\n" KEPT "\r\n", "Subject: a\r\n\tb\r\n c\r\n" KEPT "\r\n",
     "Subject: a\r\n\tb\r\n c\r\n" KEPT "\r\n"},
    {"mbox line", "From joe Mon Feb\r\n" KEPT "\r\n", "X-Mailbox-Line: From joe Mon Feb\r\n" KEPT "\r\n",
     "X-Mailbox-Line: From joe Mon Feb\r\n" KEPT "\r\n"},
    {"quoted mbox line", ">From joe\r\n" KEPT "\r\n", "X-Mailbox-Line: >From joe\r\n" KEPT "\r\n",
     "X-Mailbox-Line: >From joe\r\n" KEPT "\r\n"},
    {"empty name is no field", ": a\r\n", ADDED "\r\n: a\r\n", ADDED "\r\n"},
    {"last line without an end", KEPT "Subject: a", KEPT "Subject: a\r\n", KEPT "Subject: a\r\n"},
};

TEST(header_filter, filters_its_cases_in_any_split) {
  for (auto const& test : cases) {
    SCOPED_TRACE(test.name);
    auto const whole = filter(basic_policy(), {test.input});
    EXPECT_EQ(whole.content, test.want);
    EXPECT_EQ(whole.body_offset, test.header.size());
    std::vector<std::string_view> octets;
    for (std::size_t i = 0; i < test.input.size(); ++i) octets.push_back(test.input.substr(i, 1));
    auto const slow = filter(basic_policy(), octets);
    EXPECT_EQ(slow.content, test.want);
    EXPECT_EQ(slow.body_offset, test.header.size());
    for (std::size_t cut = 0; cut <= test.input.size(); ++cut) {
      EXPECT_EQ(filter(basic_policy(), {test.input.substr(0, cut), test.input.substr(cut)}).content, test.want) << cut;
    }
  }
}

TEST(header_filter, changes_nothing_without_a_policy) {
  for (std::string_view const input : {"Bcc: a\r\nX-Originating-IP: 1\r\n\r\nbody\r\n", "Subject: a\r\n"}) {
    EXPECT_EQ(filter({}, {input}).content, input);
  }
}

TEST(header_filter, notes_what_is_there) {
  auto const facts = filter({}, {"Received: a\r\nreceived: b\r\n c\r\nDATE: x\r\nFrom: joe\r\nSubject: s\r\n"
                                 "Message-Id:  <1@x>\r\nMessage-ID: <2@x>\r\n\r\nReceived: in the body\r\n"})
                         .facts;
  EXPECT_EQ(facts.received_count, 2U);
  EXPECT_TRUE(facts.has_date && facts.has_from && facts.has_subject && facts.has_message_id);
  EXPECT_EQ(facts.message_id, "<1@x>");
  EXPECT_EQ(filter({}, {"Message-ID: a\x01\x02\r\n\r\n"}).facts.message_id, "a??");
  EXPECT_EQ(filter(basic_policy(), {"\r\n"}).facts.message_id, "<new@mx.example>");
}

TEST(header_filter, cuts_fields_at_the_limit_and_no_body) {
  header_policy policy;
  policy.header_field_limit = 20;
  struct {
    std::string_view name, input, want;
    bool cut;
  } const limits[] = {
      {"at the limit", "X: 345678901234567\r\n\r\n", "X: 345678901234567\r\n\r\n", false},
      {"one line over", "X: 3456789012345678\r\nY: a\r\n\r\n", "X: 345678901234567\r\nY: a\r\n\r\n", true},
      {"far over", "X: 34567890123456789012345678901234567890\r\nY: a\r\n\r\n", "X: 345678901234567\r\nY: a\r\n\r\n",
       true},
      {"over by continuation", "X: a\r\n 89012345678901234567\r\n b\r\nY: a\r\n\r\n",
       "X: a\r\n 89012345678\r\nY: a\r\n\r\n", true},
      {"body is never cut", "\r\n345678901234567890123456789012345678901234567890\r\n",
       "\r\n345678901234567890123456789012345678901234567890\r\n", false},
      {"long line that is no field", "a b c 7890123456789012345678901234567890\r\nx\r\n",
       "\r\na b c 7890123456789012345678901234567890\r\nx\r\n", false},
  };
  for (auto const& test : limits) {
    for (std::size_t cut = 0; cut <= test.input.size(); ++cut) {
      auto const out = filter(policy, {test.input.substr(0, cut), test.input.substr(cut)});
      EXPECT_EQ(out.content, test.want) << test.name << " cut at " << cut;
      EXPECT_EQ(out.facts.field_cut, test.cut) << test.name << " cut at " << cut;
    }
    std::vector<std::string_view> octets;
    for (std::size_t i = 0; i < test.input.size(); ++i) octets.push_back(test.input.substr(i, 1));
    EXPECT_EQ(filter(policy, octets).content, test.want) << test.name;
  }
}

TEST(header_filter, serves_a_second_message_after_reset) {
  header_filter stage(basic_policy());
  std::string out;
  stage.feed("Received: a\r\nMessage-ID: <1@x>\r\nDat", out);
  stage.reset(basic_policy());
  out.clear();
  stage.feed("\r\nbody\r\n", out);
  EXPECT_TRUE(stage.in_body());
  EXPECT_EQ(out, ADDED "\r\nbody\r\n");
  EXPECT_EQ(stage.facts().received_count, 0U);
}

}  // namespace
}  // namespace postern::message
