#include "admin/path_access.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "os/listening_socket.hpp"

namespace postern::admin {
namespace {

class scratch {
 public:
  scratch() : path_("/tmp/postern-access-XXXXXX") {
    EXPECT_NE(::mkdtemp(path_.data()), nullptr);
    EXPECT_EQ(::chmod(path_.c_str(), 0755), 0);
  }
  ~scratch() { std::filesystem::remove_all(path_); }
  std::string make(std::string const& name, mode_t mode) const {
    auto path = path_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << "x";
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  std::string const& path() const { return path_; }

 private:
  std::string path_;
};

// Nobody's: the files are ours, so that only "group" and "other" count for it.
os::credentials stranger(std::vector<gid_t> groups = {}) { return {64999, 64998, std::move(groups)}; }
os::credentials ourselves() { return {::geteuid() == 0 ? 64999 : ::geteuid(), ::getegid(), {}}; }

TEST(path_access, judges_files_by_their_bits) {
  scratch at;
  struct row {
    char const* name;
    mode_t mode;
    access_kind want;
    os::credentials who;
    bool can;
  };
  for (auto const& [name, mode, want, who, can] : {
           row{"others may read", 0604, access_kind::read, stranger(), true},
           row{"others may not", 0640, access_kind::read, stranger(), false},
           row{"the group may", 0640, access_kind::read, stranger({::getegid()}), true},
           row{"reading is not writing", 0644, access_kind::write, stranger(), false},
           row{"both", 0606, access_kind::write, stranger(), true},
           row{"the group is not given what others are", 0606, access_kind::read, stranger({::getegid()}), false},
           row{"root may always", 0000, access_kind::write, {0, 0, {}}, true},
       }) {
    auto const facts = look_at_path(at.make("file", mode), want, who);
    EXPECT_TRUE(facts.exists) << name;
    EXPECT_EQ(facts.trouble.empty(), can) << name << ": " << facts.trouble;
    EXPECT_EQ(facts.remedy.empty(), can) << name;
    EXPECT_TRUE(facts.owner.contains("mode 0")) << facts.owner;
  }
}

TEST(path_access, finds_the_directory_that_is_shut) {
  scratch at;
  auto const path = at.make("run/mux", 0666);
  ASSERT_EQ(::chmod((at.path() + "/run").c_str(), 0710), 0);
  auto const facts = look_at_path(path, access_kind::read, stranger());
  EXPECT_TRUE(facts.trouble.contains(at.path() + "/run belongs to")) << facts.trouble;
  EXPECT_TRUE(facts.trouble.contains("may not go through")) << facts.trouble;
  EXPECT_TRUE(look_at_path(path, access_kind::read, stranger({::getegid()})).trouble.empty());
}

TEST(path_access, tells_sockets_from_the_rest) {
  scratch at;
  auto const path = at.path() + "/socket";
  EXPECT_FALSE(look_at_path(path, access_kind::connect, ourselves()).exists);
  auto const listening = os::listen_unix(path, 0666);
  ASSERT_TRUE(listening.has_value());
  EXPECT_EQ(look_at_path(path, access_kind::connect, stranger()).trouble, "");
  EXPECT_TRUE(look_at_path(at.path(), access_kind::connect, stranger()).trouble.contains("is a directory"));
  EXPECT_TRUE(look_at_path(at.make("file", 0666), access_kind::connect, stranger()).trouble.contains("not a socket"));
}

}  // namespace
}  // namespace postern::admin
