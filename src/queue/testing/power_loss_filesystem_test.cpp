// The disk of the crash tests, and the tests of that disk itself.
#include "queue/testing/power_loss_filesystem.hpp"

#include <algorithm>
#include <cerrno>

#include <gtest/gtest.h>

namespace postern::queue::testing {
namespace {

std::string directory_of(std::string const& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

class power_loss_filesystem::file_for_append final : public os::append_file {
 public:
  file_for_append(power_loss_filesystem& disk, std::shared_ptr<node> file)
      : disk_(disk), file_(std::move(file)), boot_(disk.boots_) {}
  ~file_for_append() override {
    if (locked_ && boot_ == disk_.boots_) --file_->writers;
  }

  result<> append(std::span<std::string_view const> pieces) override {
    std::string all;
    for (std::string_view piece : pieces) all += piece;
    auto const verdict = count();
    if (verdict == verdict::go_on) {
      file_->octets += all;
      return {};
    }
    if (boot_ == disk_.boots_) file_->octets += all.substr(0, disk_.random_up_to(all.size()));
    return disk_.refuse(verdict, "append");
  }

  result<> sync_data() override {
    auto const verdict = count();
    if (verdict == verdict::go_on) {
      file_->synced = file_->octets.size();
      return {};
    }
    if (verdict == verdict::fail) {
      file_->lost.emplace_back(file_->synced, file_->octets.size());
      file_->synced = file_->octets.size();
    }
    return disk_.refuse(verdict, "sync");
  }

  result<std::uint64_t> size() override { return file_->octets.size(); }
  result<> lock_shared() override {
    if (!locked_) ++file_->writers;
    locked_ = true;
    return {};
  }
  int descriptor() const noexcept override { return -1; }

 private:
  verdict count() { return boot_ == disk_.boots_ ? disk_.count_operation() : verdict::cut; }

  power_loss_filesystem& disk_;
  std::shared_ptr<node> file_;
  std::uint64_t boot_;
  bool locked_ = false;
};

class power_loss_filesystem::file_for_read final : public os::read_file {
 public:
  file_for_read(power_loss_filesystem& disk, std::shared_ptr<node> file) : disk_(disk), file_(std::move(file)) {}

  result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    if (auto const counted = disk_.count_read("file"); !counted) return std::unexpected(counted.error());
    if (offset >= file_->octets.size()) return 0;
    return file_->octets.copy(into.data(), into.size(), offset);
  }
  result<std::uint64_t> size() override { return file_->octets.size(); }
  int descriptor() const noexcept override { return -1; }

 private:
  power_loss_filesystem& disk_;
  std::shared_ptr<node> file_;
};

power_loss_filesystem::verdict power_loss_filesystem::count_operation() {
  if (off_) return verdict::cut;
  ++operations_;
  if (cut_at_ != 0 && operations_ >= cut_at_) {
    off_ = true;
    return verdict::cut;
  }
  if (operations_ >= fail_from_ && operations_ < fail_until_) return verdict::fail;
  return verdict::go_on;
}

result<> power_loss_filesystem::refuse(verdict why, std::string const& what) {
  return why == verdict::cut ? fail_errno(what + ": the power is off", EIO) : fail_errno(what, ENOSPC);
}

result<> power_loss_filesystem::count_read(std::string const& path) {
  if (off_) return fail_errno("read " + path + ": the power is off", EIO);
  ++reads_;
  if (reads_ >= fail_read_from_ && reads_ < fail_read_until_) return fail_errno("read " + path, EIO);
  return {};
}

std::size_t power_loss_filesystem::random_up_to(std::size_t most) {
  if (keep_nothing_) return 0;
  return std::uniform_int_distribution<std::size_t>(0, most)(random_);
}

void power_loss_filesystem::apply(names& to, change const& what) {
  if (what.to) {
    to[what.path] = what.to;
  } else {
    to.erase(what.path);
  }
  if (!what.second_path.empty()) to.erase(what.second_path);
}

void power_loss_filesystem::lose_octets(node& of) {
  for (auto const& [from, to] : of.lost) std::fill(of.octets.begin() + from, of.octets.begin() + to, '\0');
  of.lost.clear();
  std::size_t const kept = of.synced + random_up_to(of.octets.size() - of.synced);
  std::size_t const torn = std::min(kept - of.synced, random_up_to(64));
  of.octets.resize(kept);
  for (std::size_t at = kept - torn; at < kept; ++at) of.octets[at] = static_cast<char>(random_());
  of.synced = kept;
  of.writers = 0;
}

void power_loss_filesystem::lose_power() {
  std::size_t const kept = random_up_to(pending_.size());
  for (std::size_t at = 0; at < kept; ++at) apply(durable_, pending_[at]);
  pending_.clear();
  names_ = durable_;
  for (auto& [path, file] : names_) lose_octets(*file);
  cut_at_ = fail_from_ = fail_until_ = fail_read_from_ = fail_read_until_ = operations_ = reads_ = 0;
  off_ = false;
  ++boots_;
}

result<std::unique_ptr<os::append_file>> power_loss_filesystem::create_append(std::string const& path) {
  if (auto const verdict = count_operation(); verdict != verdict::go_on) {
    return std::unexpected(refuse(verdict, "create " + path).error());
  }
  if (names_.contains(path)) return fail_errno("create " + path, EEXIST);
  pending_.push_back({directory_of(path), path, std::make_shared<node>(), {}});
  apply(names_, pending_.back());
  return std::make_unique<file_for_append>(*this, names_[path]);
}

result<std::unique_ptr<os::append_file>> power_loss_filesystem::open_append(std::string const& path) {
  if (!names_.contains(path)) return fail_errno("open " + path, ENOENT);
  return std::make_unique<file_for_append>(*this, names_[path]);
}

result<std::unique_ptr<os::read_file>> power_loss_filesystem::open_read(std::string const& path) {
  if (auto const counted = count_read(path); !counted) return std::unexpected(counted.error());
  if (!names_.contains(path)) return fail_errno("open " + path, ENOENT);
  return std::make_unique<file_for_read>(*this, names_[path]);
}

result<> power_loss_filesystem::rename(std::string const& from, std::string const& to) {
  if (auto const verdict = count_operation(); verdict != verdict::go_on) return refuse(verdict, "rename " + from);
  if (!names_.contains(from)) return fail_errno("rename " + from, ENOENT);
  pending_.push_back({directory_of(to), to, names_[from], from});
  apply(names_, pending_.back());
  return {};
}

result<> power_loss_filesystem::remove(std::string const& path) {
  if (auto const verdict = count_operation(); verdict != verdict::go_on) return refuse(verdict, "remove " + path);
  if (!names_.contains(path)) return fail_errno("remove " + path, ENOENT);
  pending_.push_back({directory_of(path), path, nullptr, {}});
  apply(names_, pending_.back());
  return {};
}

result<> power_loss_filesystem::sync_directory(std::string const& path) {
  if (auto const verdict = count_operation(); verdict != verdict::go_on) return refuse(verdict, "sync " + path);
  for (change const& what : pending_) {
    if (what.directory == path) apply(durable_, what);
  }
  std::erase_if(pending_, [&](change const& what) { return what.directory == path; });
  return {};
}

result<> power_loss_filesystem::make_directory(std::string const& path) {
  auto const verdict = count_operation();
  return verdict == verdict::go_on ? result<>{} : refuse(verdict, "make " + path);
}

result<std::vector<std::string>> power_loss_filesystem::list(std::string const& path) {
  if (auto const counted = count_read(path); !counted) return std::unexpected(counted.error());
  std::vector<std::string> found;
  for (auto const& [name, file] : names_) {
    if (directory_of(name) == path) found.push_back(name.substr(path.size() + 1));
  }
  return found;
}

result<bool> power_loss_filesystem::exists(std::string const& path) {
  if (auto const counted = count_read(path); !counted) return std::unexpected(counted.error());
  return names_.contains(path);
}

result<bool> power_loss_filesystem::has_writer(std::string const& path) {
  if (auto const counted = count_read(path); !counted) return std::unexpected(counted.error());
  auto const found = names_.find(path);
  if (found == names_.end()) return fail_errno("open " + path, ENOENT);
  return found->second->writers > 0;
}

namespace {

result<> append_text(os::append_file& file, std::string_view text) { return file.append(std::span(&text, 1)); }

TEST(power_loss_filesystem, forgets_what_was_not_synced) {
  power_loss_filesystem disk;
  disk.keep_nothing(true);
  auto const file = disk.create_append("/d/a").value();
  ASSERT_TRUE(append_text(*file, "kept"));
  ASSERT_TRUE(file->sync_data());
  ASSERT_TRUE(disk.sync_directory("/d"));
  ASSERT_TRUE(append_text(*file, "gone"));
  ASSERT_TRUE(disk.create_append("/d/b"));
  disk.lose_power();
  EXPECT_EQ(disk.list("/d").value(), std::vector<std::string>{"a"});
  EXPECT_EQ(disk.content("/d/a"), "kept");
  EXPECT_FALSE(append_text(*file, "from before the cut"));
}

TEST(power_loss_filesystem, a_name_that_was_not_synced_takes_its_content_along) {
  power_loss_filesystem disk;
  disk.keep_nothing(true);
  auto const file = disk.create_append("/d/a").value();
  ASSERT_TRUE(append_text(*file, "synced"));
  ASSERT_TRUE(file->sync_data());
  disk.lose_power();
  EXPECT_FALSE(disk.exists("/d/a").value());
}

TEST(power_loss_filesystem, a_removal_that_was_not_synced_is_undone) {
  power_loss_filesystem disk;
  disk.keep_nothing(true);
  ASSERT_TRUE(disk.create_append("/d/a"));
  ASSERT_TRUE(disk.sync_directory("/d"));
  ASSERT_TRUE(disk.remove("/d/a"));
  disk.lose_power();
  EXPECT_TRUE(disk.exists("/d/a").value());
}

TEST(power_loss_filesystem, a_failed_sync_loses_octets_for_good) {
  power_loss_filesystem disk;
  auto const file = disk.create_append("/d/a").value();
  ASSERT_TRUE(disk.sync_directory("/d"));
  ASSERT_TRUE(append_text(*file, "abc"));
  disk.fail_at(disk.operations() + 1);
  EXPECT_FALSE(file->sync_data());
  EXPECT_TRUE(file->sync_data());
  disk.lose_power();
  EXPECT_EQ(disk.content("/d/a"), std::string(3, '\0'));
}

TEST(power_loss_filesystem, power_stays_off_until_the_reboot) {
  power_loss_filesystem disk;
  disk.cut_power_at(2);
  auto const file = disk.create_append("/d/a").value();
  EXPECT_FALSE(append_text(*file, "abc"));
  EXPECT_FALSE(file->sync_data());
  EXPECT_TRUE(disk.is_off());
  disk.lose_power();
  EXPECT_TRUE(disk.create_append("/d/b"));
}

}  // namespace
}  // namespace postern::queue::testing
