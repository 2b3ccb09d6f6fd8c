#include "delivery/mailbox.hpp"

#include <gtest/gtest.h>

#include "delivery/local_delivery.hpp"

namespace postern::delivery {
namespace {

using verdict = mailbox_decision::verdict;

constexpr char only_maildir[] =
    "only Maildir mailboxes are supported yet: let home_mailbox or mail_spool_directory end in \"/\"";

TEST(fold_local_part, lower_cases_and_drops_the_extension) {
  struct row {
    char const* address;
    char const* delimiters;
    char const* user;
  };
  row const rows[] = {{"Joe@example.com", "", "joe"},
                      {"Joe+Lists@example.com", "+", "joe"},
                      {"joe+a-b@example.com", "+-", "joe"},
                      {"joe-a+b@example.com", "+-", "joe"},
                      {"+joe@example.com", "+", "+joe"},
                      {"\"joe doe\"@example.com", "+", "joe doe"},
                      {"joe", "+", "joe"},
                      {"joe+", "+", "joe"}};
  for (auto const& row : rows) EXPECT_EQ(fold_local_part(row.address, row.delimiters), row.user) << row.address;
}

TEST(candidate_names, go_from_exact_to_bare) {
  using names = std::vector<std::string>;
  EXPECT_EQ(candidate_names("Joe+x@Example.com", "+"), (names{"joe+x@example.com", "joe+x", "joe@example.com", "joe"}));
  EXPECT_EQ(candidate_names("Joe+x@example.com", ""), (names{"joe+x@example.com", "joe+x"}));
  EXPECT_EQ(candidate_names("joe", "+"), (names{"joe"}));
}

TEST(decide_mailbox, by_user_and_settings) {
  local_user const account{local_user::kind::account, "joe", ""};
  local_user const system{local_user::kind::system, "joe", "/home/joe"};
  local_user const root{local_user::kind::system, "root", "/root", true};
  local_user const elsewhere{local_user::kind::system, "joe", "/homes/joe"};
  local_user const homeless{local_user::kind::system, "joe", ""};
  local_user const evil{local_user::kind::account, "../etc", ""};
  struct row {
    char const* name;
    local_settings settings;
    std::optional<local_user> user;
    verdict want;
    char const* want_text;  ///< the path, or why there is none
  };
  local_settings const maildirs{"", "/var/mail/", "", "", {"/home"}, "", false};
  local_settings const mboxes{"", "/var/mail", "", "", {"/home"}, "", false};
  local_settings const homes{"Maildir/", "/var/mail/", "", "", {"/srv/homes/", "/home"}, "", false};
  local_settings const home_mbox{"mbox", "/var/mail/", "", "", {"/home"}, "", false};
  local_settings const private_server{"Maildir/", "/srv/p/mail", "", "", {"/home"}, "", true};
  row const rows[] = {
      {"account in the spool", maildirs, account, verdict::maildir, "/var/mail/joe"},
      {"system user in the spool", maildirs, system, verdict::maildir, "/var/mail/joe"},
      {"system user at home", homes, system, verdict::maildir, "/home/joe/Maildir"},
      {"the superuser has no mail at home", homes, root, verdict::maildir, "/var/mail/root"},
      {"home elsewhere", homes, elsewhere, verdict::unsupported, "the home /homes/joe is not below home_directories"},
      {"no home", homes, homeless, verdict::unsupported, "the home  is not below home_directories"},
      {"mbox in the spool", mboxes, account, verdict::unsupported, only_maildir},
      {"mbox at home", home_mbox, system, verdict::unsupported, only_maildir},
      {"private server", private_server, system, verdict::maildir, "/srv/p/mail/joe"},
      {"name that is a path", maildirs, evil, verdict::maildir, "/var/mail/=2E.=2Fetc"},
      {"nobody", maildirs, std::nullopt, verdict::no_such_user, ""},
  };
  for (auto const& row : rows) {
    auto got = decide_mailbox(row.settings, "joe", row.user);
    EXPECT_EQ(got.is, row.want) << row.name;
    EXPECT_EQ(got.is == verdict::unsupported ? got.why : got.path, row.want_text) << row.name;
  }
  EXPECT_EQ(decide_mailbox(maildirs, "postmaster", std::nullopt).path, "/var/mail/postmaster");
}

TEST(has_delivered_to, looks_at_the_header_section_only) {
  std::string const header = "Received: x\r\n\ty\r\ndelivered-to:  Joe@example.com \r\nSubject: z\r\n";
  EXPECT_TRUE(has_delivered_to(header, "joe@example.com"));
  EXPECT_FALSE(has_delivered_to(header, "jo@example.com"));
  EXPECT_FALSE(has_delivered_to("Subject: z\r\n\r\nDelivered-To: joe@example.com\r\n", "joe@example.com"));
  auto const enough = header.find(".com") + 4;
  for (std::size_t length = 0; length < header.size(); ++length) {
    EXPECT_EQ(has_delivered_to(header.substr(0, length), "joe@example.com"), length >= enough) << length;
  }
}

}  // namespace
}  // namespace postern::delivery
