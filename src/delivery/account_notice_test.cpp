#include "delivery/account_notice.hpp"

#include <gtest/gtest.h>

namespace postern::delivery {
namespace {

queue_settings settings() {
  queue_settings out;
  out.host_name = "mail.example.org";
  out.mail_name = "Postern";
  out.error_notice_recipient = "postmaster";
  return out;
}

policy::address_class classify(std::string_view address) {
  if (address.ends_with("@mail.example.org")) return policy::address_class::local;
  return address.ends_with("@relayed.example") ? policy::address_class::relay : policy::address_class::remote;
}

composed_notice compose(std::string account, std::string reason = "201 messages within a day") {
  return compose_account_notice(settings(), {std::move(account), std::move(reason), {}}, classify, queue::queue_id{},
                                wall_time(std::chrono::seconds(1'750'000'000)));
}

TEST(account_notice, goes_to_the_administrator_and_to_users_of_ours) {
  struct row {
    char const* account;
    std::vector<std::string> want;
  };
  for (auto const& [account, want] : {
           row{"joe", {"postmaster@mail.example.org", "joe@mail.example.org"}},
           row{"joe@relayed.example", {"postmaster@mail.example.org", "joe@relayed.example"}},
           row{"joe@elsewhere.example", {"postmaster@mail.example.org"}},
           row{"postmaster", {"postmaster@mail.example.org"}},
       }) {
    auto const letter = compose(account);
    std::vector<std::string> to;
    for (auto const& one : letter.env.recipients) to.push_back(one.address);
    EXPECT_EQ(to, want) << account;
    EXPECT_EQ(letter.env.recipients[0].klass, queue::recipient_class::local);
  }
  EXPECT_EQ(compose("joe@relayed.example").env.recipients[1].klass, queue::recipient_class::remote);
}

TEST(account_notice, is_system_mail_that_nobody_answers_and_nothing_holds) {
  auto const letter = compose("joe");
  EXPECT_EQ(letter.env.sender, "");
  EXPECT_EQ(letter.env.priority, queue::lane::system);
  EXPECT_FALSE(letter.env.hold);
  EXPECT_NE(letter.content.find("\r\nAuto-Submitted: auto-generated\r\n"), std::string::npos);
}

TEST(account_notice, says_what_was_unusual_and_what_to_do) {
  auto const letter = compose("joe");
  for (auto const* const words : {"Subject: The mail of account joe is held\r\n", "201 messages within a day",
                                  "postern user unlock joe", "To: postmaster@mail.example.org,\r\n joe@"}) {
    EXPECT_NE(letter.content.find(words), std::string::npos) << words;
  }
}

TEST(account_notice, a_name_cannot_forge_header_fields) {
  auto const letter = compose("joe\r\nBcc: x@y.example", "a\r\n\r\nb");
  EXPECT_EQ(letter.content.find("\nBcc:"), std::string::npos);
  EXPECT_NE(letter.content.find("a????b"), std::string::npos);
}

}  // namespace
}  // namespace postern::delivery
