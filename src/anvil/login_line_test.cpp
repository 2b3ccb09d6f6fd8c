#include "anvil/login_line.hpp"

#include <gtest/gtest.h>

namespace postern::anvil {
namespace {

struct row {
  std::string_view line;
  std::string_view account;  ///< empty: no login
  std::string_view address;
  std::string_view server;
};

// docs/roaming.md shows these.
constexpr row rows[] = {
    {"Nov 22 02:40:00 imap-login: Info: Login: user=<joe>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1, mpid=4711, TLS, "
     "session=<Zx8>",
     "joe", "192.0.2.7", "Dovecot"},
    {"Nov 22 02:40:00 mail dovecot: pop3-login: Login: user=<joe@example.org>, method=PLAIN, rip=2001:db8::7, "
     "lip=2001:db8::1, mpid=4711, TLS, session=<Zx8>",
     "joe@example.org", "2001:db8::7", "Dovecot"},
    {"2026-11-22T02:40:00.123456+01:00 mail dovecot[999]: imap-login: Login: user=<joe>, method=CRAM-MD5, "
     "rip=192.0.2.7, lip=192.0.2.1, mpid=4711",
     "joe", "192.0.2.7", "Dovecot"},
    {"Nov 22 02:40:00 mail dovecot[999]: imap-login: Logged in: user=<joe>, method=PLAIN, rip=192.0.2.7, "
     "lip=192.0.2.1, mpid=4711",
     "joe", "192.0.2.7", "Dovecot"},
    {"2026-11-22 02:40:00 imap-login: Info: Login: user=<joe>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1", "joe",
     "192.0.2.7", "Dovecot"},
    {"imap-login: Login: user=<joe>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1", "joe", "192.0.2.7", "Dovecot"},
    {"Nov 22 02:40:00 mail imapd: LOGIN, user=joe, ip=[::ffff:192.0.2.7], port=[53306], protocol=IMAP", "joe",
     "192.0.2.7", "Courier"},
    {"Nov 22 02:40:00 mail pop3d-ssl: LOGIN, user=joe@example.org, ip=[2001:db8::7]", "joe@example.org", "2001:db8::7",
     "Courier"},
    {"Nov 22 02:40:00 mail courierpop3login: LOGIN, user=joe, ip=[::ffff:192.0.2.7]", "joe", "192.0.2.7", "Courier"},
    {"Nov 22 02:40:00 mail imapd[4711]: Login user=joe host=client.example.net [192.0.2.7]", "joe", "192.0.2.7",
     "UW-IMAP"},
    {"Nov 22 02:40:00 mail imapd[4711]: Authenticated user=joe host=[192.0.2.7] mech=CRAM-MD5", "joe", "192.0.2.7",
     "UW-IMAP"},
    {"Nov 22 02:40:00 mail ipop3d[4711]: Login user=joe host=client.example.net [192.0.2.7] nmsgs=0/0", "joe",
     "192.0.2.7", "UW-IMAP"},
    {"Nov 22 02:40:00 mail ipop3d[4711]: Auth user=joe host=client.example.net [192.0.2.7] nmsgs=3/3", "joe",
     "192.0.2.7", "UW-IMAP"},

    // No logins
    {"Nov 22 02:40:00 imap-login: Info: Aborted login (auth failed, 1 attempts in 2 secs): user=<joe>, method=PLAIN, "
     "rip=192.0.2.7, lip=192.0.2.1",
     "", "", ""},
    {"Nov 22 02:40:00 mail dovecot: submission-login: Login: user=<joe>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1",
     "", "", ""},
    {"Nov 22 02:40:00 mail imapd: LOGIN FAILED, user=joe, ip=[::ffff:192.0.2.7]", "", "", ""},
    {"Nov 22 02:40:00 mail imapd: LOGOUT, user=joe, ip=[::ffff:192.0.2.7], headers=0, body=0", "", "", ""},
    {"Nov 22 02:40:00 mail imapd[4711]: Login failed user=joe auth=joe host=client.example.net [192.0.2.7]", "", "",
     ""},
    {"Nov 22 02:40:00 mail imapd[4711]: Logout user=joe host=client.example.net [192.0.2.7]", "", "", ""},
    {"Nov 22 02:40:00 mail dovecot: imap(joe)<4711><Zx8>: Disconnected: Logged out in=30 out=500", "", "", ""},
    {"Nov 22 02:40:00 imap-login: Info: Login: user=<>, method=EXTERNAL, rip=192.0.2.7, lip=192.0.2.1", "", "", ""},
    {"Nov 22 02:40:00 imap-login: Info: Login: user=<joe>, method=PLAIN, rip=, lip=192.0.2.1", "", "", ""},
    {"", "", "", ""},

    // Forged by whoever chooses the name of a user that does not exist, or of a host
    {"Nov 22 02:40:00 imap-login: Info: Aborted login (auth failed): user=<imap-login: Info: Login: user=<joe>, "
     "method=PLAIN, rip=198.51.100.66, x>, method=PLAIN, rip=198.51.100.66, lip=192.0.2.1",
     "", "", ""},
    {"Nov 22 02:40:00 mail imapd: LOGIN FAILED, user=x, ip=[::ffff:198.51.100.66] mail imapd: LOGIN, user=joe, "
     "ip=[::ffff:198.51.100.66]",
     "", "", ""},
    {"Nov 22 02:40:00 mail sshd[1]: Invalid user imap-login: Login: user=<joe>, method=PLAIN, rip=198.51.100.66, x", "",
     "", ""},
    {"Nov 22 02:40:00 mail imapd[4711]: Login user=joe host=a[198.51.100.66].example [192.0.2.7]", "joe", "192.0.2.7",
     "UW-IMAP"},
};

TEST(login_line, finds_logins_and_nothing_else) {
  for (auto const& [line, account, address, server] : rows) {
    auto const found = parse_login_line(line);
    ASSERT_EQ(found.has_value(), !account.empty()) << line;
    if (!found) continue;
    EXPECT_EQ(found->account, account) << line;
    EXPECT_EQ(found->address, address) << line;
    EXPECT_EQ(found->server, server) << line;
  }
}

TEST(login_line, a_line_cut_anywhere_gives_the_whole_login_or_none) {
  for (auto const& [line, account, address, server] : rows) {
    for (std::size_t length = 0; length < line.size(); ++length) {
      auto const found = parse_login_line(line.substr(0, length));
      if (!found) continue;
      EXPECT_EQ(found->account, account) << line.substr(0, length);
      // An address may end where the line does only if its end mark was there.
      EXPECT_EQ(found->address, address) << line.substr(0, length);
    }
  }
}

}  // namespace
}  // namespace postern::anvil
