#include "maps/watched_table.hpp"

#include <ctime>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/log.hpp"

namespace postern::maps {
namespace {

struct file_version {
  ino_t inode = 0;
  dev_t device = 0;
  off_t octets = 0;
  timespec modified{};
  friend bool operator==(file_version const& a, file_version const& b) {
    return a.inode == b.inode && a.device == b.device && a.octets == b.octets &&
           a.modified.tv_sec == b.modified.tv_sec && a.modified.tv_nsec == b.modified.tv_nsec;
  }
};

std::optional<file_version> version_of(std::string const& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) return std::nullopt;
  return file_version{facts.st_ino, facts.st_dev, facts.st_size, facts.st_mtim};
}

// The coarse clock costs no system call, and a look-up costs less than one.
std::chrono::milliseconds now() {
  timespec at{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &at);
  return std::chrono::milliseconds(at.tv_sec * 1000 + at.tv_nsec / 1'000'000);
}

class watched_table final : public table {
 public:
  watched_table(std::string path, table_opener open, std::optional<file_version> version, std::unique_ptr<table> first)
      : path_(std::move(path)), open_(std::move(open)), version_(version), current_(std::move(first)) {}

  result<std::optional<std::string>> find(std::string_view key) override { return fresh().find(key); }
  result<std::optional<std::string>> find_exact(std::string_view key) override { return fresh().find_exact(key); }
  result<std::vector<entry>> entries() override { return fresh().entries(); }
  bool is_pattern() const override { return current_->is_pattern(); }
  bool blocks() const override { return current_->blocks(); }

 private:
  table& fresh() {
    if (auto at = now(); at >= next_look_) {
      next_look_ = at + watch_interval;
      look();
    }
    return *current_;
  }

  void look() {
    auto version = version_of(path_);
    if (version == version_) return;
    version_ = version;
    auto opened = version ? open_() : fail(fmt::format("{} is gone", path_));
    if (opened)
      current_ = std::move(*opened);
    else
      log::warning("{}; going on with the table as it was", opened.error().text);
  }

  std::string path_;
  table_opener open_;
  std::optional<file_version> version_;
  std::unique_ptr<table> current_;
  std::chrono::milliseconds next_look_ = now() + watch_interval;
};

}  // namespace

result<std::unique_ptr<table>> watch_file(std::string path, table_opener open) {
  auto version = version_of(path);  // before it is opened: a change in between is seen later
  auto first = open();
  if (!first) return first;
  return std::make_unique<watched_table>(std::move(path), std::move(open), version, std::move(*first));
}

}  // namespace postern::maps
