#include "admin/handed_message.hpp"

#include <gtest/gtest.h>

namespace postern::admin {
namespace {

struct outcome {
  std::string wire;
  std::vector<std::string> recipients;
  bool eight_bit = false;
};

outcome read(std::string_view input, handed_rules rules, std::size_t step) {
  handed_message message(std::move(rules));
  for (std::size_t at = 0; at < input.size(); at += step) {
    auto const more = message.feed(input.substr(at, step));
    EXPECT_TRUE(more.has_value());
    if (!more.value_or(false)) break;
  }
  EXPECT_TRUE(message.finish().has_value());
  outcome out{{}, message.recipients(), message.has_eight_bit()};
  EXPECT_TRUE(message
                  .read([&out](std::string_view piece) {
                    out.wire += piece;
                    return true;
                  })
                  .has_value());
  EXPECT_EQ(out.wire.size(), message.size());
  return out;
}

using texts = std::vector<std::string>;

TEST(handed_message, is_what_the_program_gave_in_wire_form_however_it_came) {
  struct row {
    char const* name;
    char const* input;
    handed_rules rules;
    char const* want;
  };
  handed_rules const plain{};
  handed_rules const dots{.dot_ends = false};
  handed_rules const named{.from = "Joe <joe>"};
  for (auto const& [name, input, rules, want] : {
           row{"lines", "Subject: x\n\nbody\n", plain, "Subject: x\r\n\r\nbody\r\n"},
           row{"CRLF", "Subject: x\r\n\r\nbody\r\n", plain, "Subject: x\r\n\r\nbody\r\n"},
           row{"CR in a line stays", "Subject: x\n\na\rb\n", plain, "Subject: x\r\n\r\na\rb\r\n"},
           row{"no last line end", "Subject: x\n\nbody", plain, "Subject: x\r\n\r\nbody\r\n"},
           row{"a dot ends", "A: b\n\nx\n.\ny\n", plain, "A: b\r\n\r\nx\r\n"},
           row{"a dot in the header", "A: b\n.\ny\n", plain, "A: b\r\n"},
           row{"a dot at the very end", "A: b\n\nx\n.", plain, "A: b\r\n\r\nx\r\n"},
           row{"-i: a dot is a line", "A: b\n\nx\n.\ny\n", dots, "A: b\r\n\r\nx\r\n..\r\ny\r\n"},
           row{"dots", "A: b\n\n.x\n..\n", plain, "A: b\r\n\r\n..x\r\n...\r\n"},
           row{"mbox lines", "From joe Mon\n>From x\nA: b\n\nFrom y\n", plain, "A: b\r\n\r\nFrom y\r\n"},
           row{"nothing", "", plain, ""},
           row{"From: is added", "A: b\n\nx\n", named, "A: b\r\nFrom: Joe <joe>\r\n\r\nx\r\n"},
           row{"From: is there", "from : me\n\nx\n", named, "from : me\r\n\r\nx\r\n"},
           row{"no header", "hello\nFrom: x\n", named, "From: Joe <joe>\r\n\r\nhello\r\nFrom: x\r\n"},
           row{"a folded line begins", " hello\n", named, "From: Joe <joe>\r\n\r\n hello\r\n"},
           row{"header alone", "A: b\n c\n", named, "A: b\r\n c\r\nFrom: Joe <joe>\r\n"},
           row{"nothing, with a name", "", named, "From: Joe <joe>\r\n"},
           row{"resent", "From: a\nResent-To: b\n\n", named,
               "From: a\r\nResent-To: b\r\nResent-From: Joe <joe>\r\n\r\n"},
       }) {
    for (std::size_t const step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{1000}}) {
      EXPECT_EQ(read(input, rules, step).wire, want) << name << ", by " << step;
    }
  }
}

TEST(handed_message, takes_line_ends_as_it_is_told) {
  auto const with = [](line_endings ends, char const* input) {
    return read(input, {.ends = ends, .from = {}}, 1000).wire;
  };
  EXPECT_EQ(with(line_endings::strict, "A: b\r\n\r\nx\r\n"), "A: b\r\n\r\nx\r\n");
  EXPECT_EQ(with(line_endings::strict, "A: b\n\nx\r\n"), "A: b\r\n\r\nx\r\r\n");
  EXPECT_EQ(with(line_endings::always, "A: b\n\nx\r\n"), "A: b\r\n\r\nx\r\n");
  EXPECT_EQ(with(line_endings::never, "A: b\n\nx\r\n"), "A: b\r\n\r\nx\r\r\n");
}

TEST(handed_message, finds_its_recipients) {
  struct row {
    char const* header;
    texts want;
  };
  for (auto const& [header, want] : {
           row{"To: a@b.example\n", {"a@b.example"}},
           row{"to: A <a@b.example>,\n  c\nCC: a@b.example\nBcc: \"d d\"@e.example\n",
               {"a@b.example", "c", "\"d d\"@e.example"}},
           row{"To: grp: a@b.example, c@d.example;, e@f.example (comment)\n",
               {"a@b.example", "c@d.example", "e@f.example"}},
           row{"To: a@b.example\nResent-Bcc: r@s.example\nResent-To: t@u.example\n", {"r@s.example", "t@u.example"}},
           row{"To: a@b.example\nResent-From: x\n", {}},
           row{"To: undisclosed-recipients:;\nSubject: a@b.example\n", {}},
           row{"Subject: x\n\nTo: a@b.example\n", {}},
       }) {
    for (std::size_t const step : {std::size_t{1}, std::size_t{1000}}) {
      EXPECT_EQ(read(std::string(header) + "\nbody\n", {}, step).recipients, want) << header;
    }
  }
}

TEST(handed_message, keeps_long_lines_and_large_messages_whole) {
  std::string const line(300'000, 'x');
  std::string body;
  for (int i = 0; i < 10; ++i) body += "." + line + "\n";
  for (std::size_t const step : {std::size_t{999}, std::size_t{65'537}}) {
    auto const got = read("Subject: " + line + "\n\n" + body, {}, step);
    std::string want = "Subject: " + line + "\r\n\r\n";
    for (int i = 0; i < 10; ++i) want += ".." + line + "\r\n";
    EXPECT_TRUE(got.wire == want) << step;
  }
}

TEST(handed_message, stops_at_its_limit) {
  handed_message message({.size_limit = 100, .from = {}});
  auto const got = message.feed("A: b\n\n" + std::string(200, 'x') + "\n");
  EXPECT_FALSE(got.has_value());
  EXPECT_TRUE(message.too_large());
}

TEST(handed_message, knows_eight_bit_content) {
  EXPECT_FALSE(read("A: b\n\nx\n", {}, 1000).eight_bit);
  EXPECT_TRUE(read("A: b\n\n\xc3\xbc\n", {}, 1000).eight_bit);
}

TEST(handed_message, addresses_of_a_command_line) {
  struct row {
    char const* word;
    texts want;
  };
  for (auto const& [word, want] : {
           row{"joe", {"joe"}},
           row{"joe@b.example", {"joe@b.example"}},
           row{"<joe@b.example>", {"joe@b.example"}},
           row{"Joe User <joe@b.example>", {"joe@b.example"}},
           row{"a@b.example, c", {"a@b.example", "c"}},
           row{"\"q q\"@x.example", {"\"q q\"@x.example"}},
           row{"|/bin/cmd", {"|/bin/cmd"}},
           row{"/file", {"/file"}},
           row{"user@[192.0.2.1]", {"user@[192.0.2.1]"}},
           row{"<>", {""}},
           row{"", {""}},
       }) {
    EXPECT_EQ(parse_handed_addresses(word), want) << word;
  }
}

TEST(handed_message, names_are_quoted_where_they_must_be) {
  EXPECT_EQ(format_mailbox("", "joe"), "joe");
  EXPECT_EQ(format_mailbox("Joe User", "joe@b.example"), "Joe User <joe@b.example>");
  EXPECT_EQ(format_mailbox("Joe (x) \"U\"", "joe"), "\"Joe (x) \\\"U\\\"\" <joe>");
  EXPECT_EQ(format_mailbox("Joe\r\nBcc: x", "joe"), "\"Joe  Bcc: x\" <joe>");
}

}  // namespace
}  // namespace postern::admin
