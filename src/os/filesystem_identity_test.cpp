#include "os/filesystem_identity.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace postern::os {
namespace {

namespace fs = std::filesystem;

// Anybody may become who they are; the superuser may become somebody else.
std::string somebody() { return ::geteuid() == 0 ? "nobody" : format_user(::geteuid()); }

class scratch {
 public:
  scratch() {
    std::string name = fs::temp_directory_path() / "postern-identity-XXXXXX";
    path_ = ::mkdtemp(name.data());
    fs::permissions(path_, fs::perms::all);
  }
  ~scratch() { fs::remove_all(path_); }
  scratch(scratch const&) = delete;
  scratch& operator=(scratch const&) = delete;
  std::string operator/(char const* name) const { return path_ / name; }

 private:
  fs::path path_;
};

TEST(filesystem_identity, makes_files_that_belong_to_the_user) {
  scratch directory;
  auto user = find_user(somebody());
  ASSERT_TRUE(user && *user);
  {
    auto identity = filesystem_identity::of_user(somebody());
    ASSERT_TRUE(identity) << identity.error().text;
    std::ofstream(directory / "theirs") << "x";
  }
  std::ofstream(directory / "ours") << "x";
  struct stat theirs{}, ours{};
  ASSERT_EQ(0, ::stat((directory / "theirs").c_str(), &theirs));
  ASSERT_EQ(0, ::stat((directory / "ours").c_str(), &ours));
  EXPECT_EQ((*user)->who.user, theirs.st_uid);
  EXPECT_EQ((*user)->who.group, theirs.st_gid);
  EXPECT_EQ(::geteuid(), ours.st_uid);
  EXPECT_EQ(::getegid(), ours.st_gid);
}

TEST(filesystem_identity, is_refused_of_the_superuser_and_of_nobody_there) {
  auto root = filesystem_identity::of_user("root");
  ASSERT_FALSE(root);
  EXPECT_EQ("no files are written as the superuser root", root.error().text);
  auto unknown = filesystem_identity::of_user("postern-no-such-user");
  ASSERT_FALSE(unknown);
  EXPECT_EQ("there is no user postern-no-such-user", unknown.error().text);
}

TEST(filesystem_identity, knows_its_own_directories) {
  scratch directory;
  auto identity = filesystem_identity::of_user(somebody());
  ASSERT_TRUE(identity) << identity.error().text;
  fs::create_directory(directory / "own");
  fs::create_directory_symlink(directory / "own", directory / "link");
  fs::create_directory_symlink(directory / "nowhere", directory / "dangling");
  std::ofstream(directory / "file") << "x";
  struct row {
    std::string path;
    std::string want;
  };
  for (auto const& [path, want] :
       {row{directory / "own", ""}, row{directory / "missing", ""}, row{directory / "no/such", ""},
        row{directory / "link", directory / "link is a symbolic link"},
        row{directory / "dangling", directory / "dangling is a symbolic link"},
        row{directory / "file", directory / "file is not a directory"},
        row{"/usr", "/usr belongs to root, not to " + somebody()}}) {
    auto got = identity->check_own_directory(path);
    EXPECT_EQ(want, got ? "" : got.error().text);
  }
}

}  // namespace
}  // namespace postern::os
