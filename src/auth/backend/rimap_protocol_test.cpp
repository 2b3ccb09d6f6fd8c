#include "auth/backend/rimap_protocol.hpp"

#include <gtest/gtest.h>

#include "auth/backend/rimap_options.hpp"

namespace postern::auth {
namespace {

using namespace std::string_view_literals;
using kind = imap_line::kind;
using condition = imap_line::condition;

/// The pieces with "|" between them; "refused" when there are none.
std::string login(std::string_view user, std::string_view password) {
  auto const pieces = format_imap_login("t", user, secret(password));
  if (!pieces) return "refused";
  std::string text;
  for (auto const& piece : *pieces) text += (text.empty() ? "" : "|") + std::string(piece.reveal());
  return text;
}

TEST(rimap_protocol, login) {
  std::string const large(201, 'x');
  struct {
    std::string_view user, password;
    std::string want;
  } const cases[] = {
      {"joe", "secret", "t LOGIN \"joe\" \"secret\"\r\n"},
      {"a\"b", "c\\d", "t LOGIN \"a\\\"b\" \"c\\\\d\"\r\n"},
      {"joe", "a\r\nb LOGIN x y", "t LOGIN \"joe\" {14}\r\n|a\r\nb LOGIN x y\r\n"},
      {"j\n", "\x01", "t LOGIN {2}\r\n|j\n {1}\r\n|\x01\r\n"},
      {"ä", "x", "t LOGIN {2}\r\n|ä \"x\"\r\n"},
      {"joe", large, "t LOGIN \"joe\" {201}\r\n|" + large + "\r\n"},
      {"", "", "t LOGIN \"\" \"\"\r\n"},
      {"joe\0"sv, "x", "refused"},
      {"joe", "\0x"sv, "refused"},
  };
  for (auto const& one : cases) EXPECT_EQ(login(one.user, one.password), one.want);
}

TEST(rimap_protocol, lines) {
  struct {
    std::string_view line;
    kind what;
    condition status;
    std::string_view code, text;
  } const cases[] = {
      {"* OK ready", kind::untagged, condition::ok, "", "ready"},
      {"* ok [CAPABILITY IMAP4rev1] x", kind::untagged, condition::ok, "CAPABILITY", "[CAPABILITY IMAP4rev1] x"},
      {"* BYE", kind::untagged, condition::bye, "", ""},
      {"* PREAUTH x", kind::untagged, condition::preauth, "", "x"},
      {"* CAPABILITY IMAP4rev1", kind::untagged, condition::none, "", "CAPABILITY IMAP4rev1"},
      {"* 3 EXISTS", kind::untagged, condition::none, "", "3 EXISTS"},
      {"t OK in", kind::tagged, condition::ok, "", "in"},
      {"t NO [unavailable] later", kind::tagged, condition::no, "UNAVAILABLE", "[unavailable] later"},
      {"t BAD x", kind::tagged, condition::bad, "", "x"},
      {"t", kind::tagged, condition::none, "", ""},
      {"t OKAY", kind::tagged, condition::none, "", "OKAY"},
      {"t NO [", kind::tagged, condition::no, "", "["},
      {"T OK in", kind::other, condition::none, "", "T OK in"},
      {"tOK", kind::other, condition::none, "", "tOK"},
      {"+ go", kind::continuation, condition::none, "", "go"},
      {"+", kind::continuation, condition::none, "", ""},
      {"", kind::other, condition::none, "", ""},
      {" * OK", kind::other, condition::none, "", " * OK"},
  };
  for (auto const& one : cases) {
    auto const parsed = parse_imap_line(one.line, "t");
    EXPECT_EQ(parsed.what, one.what) << one.line;
    EXPECT_EQ(parsed.status, one.status) << one.line;
    EXPECT_EQ(parsed.code, one.code) << one.line;
    EXPECT_EQ(parsed.text, one.text) << one.line;
  }
}

TEST(rimap_protocol, capabilities) {
  EXPECT_TRUE(parse_imap_line("* OK [CAPABILITY IMAP4rev1 LoginDisabled] x", "t").offers("LOGINDISABLED"));
  EXPECT_TRUE(parse_imap_line("* CAPABILITY LOGINDISABLED", "t").offers("LOGINDISABLED"));
  EXPECT_FALSE(parse_imap_line("* OK [CAPABILITY IMAP4rev1] LOGINDISABLED", "t").offers("LOGINDISABLED"));
  EXPECT_FALSE(parse_imap_line("* OK [ALERT] LOGINDISABLED", "t").offers("LOGINDISABLED"));
}

TEST(rimap_options, arguments) {
  using security = rimap_options::security;
  struct {
    std::string_view argument, host, port;
    security protection;
  } const cases[] = {
      {"mail", "mail", "143", security::clear},
      {"mail/1143", "mail", "1143", security::clear},
      {"mail/imap", "mail", "imap", security::clear},
      {"mail/imaps", "mail", "imaps", security::tls},
      {"mail/993", "mail", "993", security::tls},
      {"::1", "::1", "143", security::clear},
      {"[::1]/1143", "::1", "1143", security::clear},
      {"imap://mail", "mail", "143", security::clear},
      {"imap://[::1]:1143/", "::1", "1143", security::clear},
      {"IMAPS://mail", "mail", "993", security::tls},
      {"imaps://mail:1993?starttls", "mail", "1993", security::tls},
      {"mail?starttls", "mail", "143", security::starttls},
  };
  for (auto const& one : cases) {
    auto const options = parse_rimap_options(one.argument).value();
    EXPECT_EQ(options.host, one.host) << one.argument;
    EXPECT_EQ(options.port, one.port) << one.argument;
    EXPECT_EQ(options.protection, one.protection) << one.argument;
  }
  auto const all = parse_rimap_options("mail?cafile=/a&noverify&timeout=7").value();
  EXPECT_EQ(all.ca_file, "/a");
  EXPECT_FALSE(all.verify);
  EXPECT_EQ(all.time_limit, std::chrono::seconds(7));
  for (auto const* const wrong :
       {"", "/x", "mail/", "imap://", "imap://:1", "[::1", "[::1]x", "m?x", "m?timeout=601"}) {
    EXPECT_FALSE(parse_rimap_options(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace postern::auth
