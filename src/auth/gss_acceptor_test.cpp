#include "auth/gss_acceptor.hpp"

#include <gtest/gtest.h>

namespace postern::auth {
namespace {

// Tickets come from a real KDC: tests/interop/test_gssapi.py. Here is what needs none.
TEST(gss_acceptor, refuses_what_is_no_keytab) {
  for (std::string_view const content : {std::string_view(), std::string_view("x"), std::string_view("\5\2", 2)}) {
    auto const made = make_gss_acceptor(secret(content), {});
    EXPECT_FALSE(made) << content.size();
    if (!made) EXPECT_FALSE(made.error().text.empty());
  }
}

/// One key: smtp/mail.example@EXAMPLE.ORG, AES-256, version 1; as ktutil writes it.
std::string sample_keytab() {
  auto const counted = [](std::string_view text) {
    return std::string{static_cast<char>(text.size() >> 8U), static_cast<char>(text.size())} + std::string(text);
  };
  std::string const entry = std::string("\0\2", 2) + counted("EXAMPLE.ORG") + counted("smtp") +
                            counted("mail.example") + std::string("\0\0\0\1\0\0\0\0\1\0\x12", 11) +
                            counted(std::string(32, 'k'));
  return "\5\2" + std::string(3, '\0') + static_cast<char>(entry.size()) + entry;
}

TEST(gss_acceptor, holds_the_keys_of_a_keytab_and_refuses_forged_tickets) {
  auto const made = make_gss_acceptor(secret(sample_keytab()), {"smtp", "Mail.Example"});
  ASSERT_TRUE(made) << made.error().text;
  EXPECT_EQ(made->principals, (std::vector<std::string>{"smtp/mail.example@EXAMPLE.ORG"}));
  for (std::string_view const token : {std::string_view("x"), std::string_view("\x60\x03\x06\x01\x2a", 5)}) {
    auto const context = made->make();
    auto const accepted = context->accept(token);
    EXPECT_FALSE(accepted);
    if (!accepted) EXPECT_FALSE(accepted.error().text.empty());
  }
}

TEST(gss_acceptor, takes_the_keys_of_its_own_name_alone) {
  struct row {
    gss_name acceptor;
    bool taken;
  };
  for (auto const& [acceptor, taken] :
       {row{{"smtp", "mail.example"}, true}, row{{"smtp", ""}, true}, row{{"host", ""}, true},
        row{{"imap", "mail.example"}, false}, row{{"smtp", "other.example"}, false},
        row{{"smtp", "mail.example.org"}, false}}) {
    auto const made = make_gss_acceptor(secret(sample_keytab()), acceptor);
    EXPECT_EQ(made.has_value(), taken) << acceptor.service << "/" << acceptor.host;
    if (made) continue;
    EXPECT_TRUE(made.error().text.contains(acceptor.service + "/" + acceptor.host)) << made.error().text;
    EXPECT_TRUE(made.error().text.contains("smtp/mail.example@EXAMPLE.ORG")) << made.error().text;
  }
}

}  // namespace
}  // namespace postern::auth
