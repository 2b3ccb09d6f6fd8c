#include "store/maildir.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace postern::store {
namespace {

namespace fs = std::filesystem;

class maildir_test : public testing::Test {
 protected:
  maildir_test() {
    char name[] = "/tmp/postern-maildir-XXXXXX";
    root = ::mkdtemp(name);
    mailbox = root + "/joe";
  }
  ~maildir_test() override { fs::remove_all(root); }

  std::vector<std::string> names(char const* part) const {
    std::vector<std::string> out;
    for (auto const& entry : fs::directory_iterator(mailbox + part)) out.push_back(entry.path().filename());
    return out;
  }
  maildir_delivery begin() {
    EXPECT_TRUE(prepare_maildir(disk, mailbox));
    auto name = format_maildir_name(wall_time(std::chrono::seconds(1700000000)), "ABC.0", "mail.example");
    auto delivery = maildir_delivery::begin(disk, mailbox, name);
    EXPECT_TRUE(delivery) << delivery.error().text;
    return std::move(*delivery);
  }
  static std::string read(std::string const& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }

  os::filesystem& disk = os::native_filesystem();
  std::string root, mailbox;
};

TEST_F(maildir_test, delivers_with_lf_line_ends_and_sizes_in_the_name) {
  auto delivery = begin();
  ASSERT_TRUE(delivery.append("Subject: x\r\n\r\nhello\r\n"));
  auto done = delivery.commit();
  ASSERT_TRUE(done) << done.error().text;
  EXPECT_EQ(*done, maildir_delivery::outcome::delivered);
  EXPECT_EQ(names("/new"), std::vector<std::string>{"1700000000.QABC.0.mail.example,S=18,W=21"});
  EXPECT_EQ(read(mailbox + "/new/" + names("/new").front()), "Subject: x\n\nhello\n");
  EXPECT_TRUE(names("/tmp").empty());
}

TEST_F(maildir_test, splitting_the_input_changes_nothing) {
  std::string const wire = "a\r\n\rb\r\r\n\r\nlast\r";
  for (std::size_t at = 0; at <= wire.size(); ++at) {
    auto delivery = begin();
    ASSERT_TRUE(delivery.append(std::string_view(wire).substr(0, at)));
    ASSERT_TRUE(delivery.append(std::string_view(wire).substr(at)));
    ASSERT_TRUE(delivery.commit());
    ASSERT_EQ(names("/new").size(), 1U) << at;
    EXPECT_EQ(read(mailbox + "/new/" + names("/new").front()), "a\n\rb\r\n\nlast\r") << at;
  }
}

TEST_F(maildir_test, the_same_delivery_twice_is_one_message) {
  for (auto want : {maildir_delivery::outcome::delivered, maildir_delivery::outcome::was_there}) {
    auto delivery = begin();
    ASSERT_TRUE(delivery.append("x\r\n"));
    EXPECT_EQ(delivery.commit().value(), want);
  }
  EXPECT_EQ(names("/new").size(), 1U);
  EXPECT_TRUE(names("/tmp").empty());
}

TEST_F(maildir_test, an_abandoned_delivery_leaves_nothing) {
  {
    auto delivery = begin();
    ASSERT_TRUE(delivery.append("x\r\n"));
    EXPECT_EQ(names("/tmp").size(), 1U);
  }
  EXPECT_TRUE(names("/tmp").empty());
  EXPECT_TRUE(names("/new").empty());
}

TEST_F(maildir_test, a_mailbox_that_cannot_be_made_is_a_failure_with_its_path) {
  std::ofstream(root + "/joe") << "a file stands in the way";
  auto made = prepare_maildir(disk, mailbox);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().text.find(mailbox), std::string::npos) << made.error().text;
}

TEST(maildir_name, foreign_text_cannot_leave_the_directory) {
  struct row {
    char const* text;
    char const* want;
  };
  row const rows[] = {
      {"joe", "joe"},         {"a/b", "a=2Fb"}, {"..", "=2E."}, {".hidden", "=2Ehidden"},
      {"a:2,S", "a=3A2=2CS"}, {"a b", "a=20b"}, {"", ""},       {"j.doe@example.com", "j.doe@example.com"}};
  for (auto const& row : rows) EXPECT_EQ(name_part(row.text), row.want) << row.text;
}

}  // namespace
}  // namespace postern::store
