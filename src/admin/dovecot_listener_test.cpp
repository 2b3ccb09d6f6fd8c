#include "admin/dovecot_listener.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace postern::admin {
namespace {

constexpr char const* socket_path = "/var/spool/postfix/private/auth";

TEST(dovecot_listener, finds_the_line) {
  struct {
    char const* name;
    char const* text;
    unsigned want;
  } const cases[] = {
      {"as in Postfix's guides", "service auth {\n  unix_listener /var/spool/postfix/private/auth {\n", 2},
      {"no blank before the brace", "unix_listener /var/spool/postfix/private/auth{\n", 1},
      {"tabs", "\tunix_listener\t/var/spool/postfix/private/auth\t{", 1},
      {"Debian's, in a comment", "service auth {\n  #unix_listener /var/spool/postfix/private/auth {\n", 0},
      {"another socket", "unix_listener /var/spool/postfix/private/auth-2 {\n", 0},
      {"nothing", "", 0},
  };
  for (auto const& [name, text, want] : cases) EXPECT_EQ(find_unix_listener(text, socket_path), want) << name;
}

TEST(dovecot_listener, looks_where_debian_has_it) {
  std::string place = "/tmp/postern-dovecot-XXXXXX";
  ASSERT_NE(::mkdtemp(place.data()), nullptr);
  EXPECT_EQ(find_dovecot_listener(place, socket_path), std::nullopt);
  std::filesystem::create_directory(place + "/conf.d");
  std::ofstream(place + "/dovecot.conf") << "!include conf.d/*.conf\n";
  std::ofstream(place + "/conf.d/10-master.conf") << "service auth {\n\n unix_listener " << socket_path << " {\n";
  EXPECT_EQ(find_dovecot_listener(place, socket_path), place + "/conf.d/10-master.conf:3");
  std::filesystem::remove_all(place);
}

}  // namespace
}  // namespace postern::admin
