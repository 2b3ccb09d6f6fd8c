#pragma once
// Purpose: a disk in memory that forgets what was not synced when the power is cut, and fails when it is told to.
// Layout: a directory's changes become durable in order by sync_directory, a file's octets by sync_data. On lose_power
//         a random part, or with keep_nothing no part, of what was not synced is there all the same; a kept tail may
//         end in garbage, as a torn sector does.
// Errors: cut_power_at(n): operation n does a random part of its work, then everything fails until lose_power.
//         fail_at(n): operation n fails (after part of its work), the next ones succeed. A failed sync_data loses the
//         octets it was to write and the next sync_data says success: the kernel does that.
// Concurrency: none.

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "os/filesystem.hpp"

namespace postern::queue::testing {

class power_loss_filesystem final : public os::filesystem {
 public:
  explicit power_loss_filesystem(std::uint64_t seed = 1) : random_(seed) {}

  /// Mutating operations are counted from 1; reads apart.
  void cut_power_at(std::uint64_t operation) { cut_at_ = operation; }
  void fail_at(std::uint64_t operation, std::uint64_t count = 1) {
    fail_from_ = operation, fail_until_ = operation + count;
  }
  void fail_read_at(std::uint64_t read, std::uint64_t count = 1) {
    fail_read_from_ = read;
    fail_read_until_ = read + count;
  }
  void keep_nothing(bool on) { keep_nothing_ = on; }
  std::uint64_t operations() const noexcept { return operations_; }
  std::uint64_t reads() const noexcept { return reads_; }
  bool is_off() const noexcept { return off_; }
  /// What a reboot finds; no fault is set any more, and open files are dead.
  void lose_power();

  /// For damage by hand.
  std::string& content(std::string const& path) { return names_.at(path)->octets; }

  result<std::unique_ptr<os::append_file>> create_append(std::string const& path) override;
  result<std::unique_ptr<os::append_file>> open_append(std::string const& path) override;
  result<std::unique_ptr<os::read_file>> open_read(std::string const& path) override;
  result<> rename(std::string const& from, std::string const& to) override;
  result<> remove(std::string const& path) override;
  result<> sync_directory(std::string const& path) override;
  result<> make_directory(std::string const& path) override;
  result<std::vector<std::string>> list(std::string const& path) override;
  result<bool> exists(std::string const& path) override;
  result<bool> has_writer(std::string const& path) override;

 private:
  struct node {
    std::string octets;
    std::size_t synced = 0;
    std::vector<std::pair<std::size_t, std::size_t>> lost;  ///< ranges a failed sync dropped
    int writers = 0;
  };
  using names = std::map<std::string, std::shared_ptr<node>>;
  struct change {
    std::string directory;
    std::string path;
    std::shared_ptr<node> to;  ///< null: the name goes
    std::string second_path;   ///< rename: goes at the same time
  };
  class file_for_append;
  class file_for_read;

  enum class verdict { go_on, fail, cut };
  verdict count_operation();
  result<> refuse(verdict why, std::string const& what);
  result<> count_read(std::string const& path);
  std::size_t random_up_to(std::size_t most);
  void lose_octets(node& of);
  static void apply(names& to, change const& what);

  names names_;
  names durable_;
  std::vector<change> pending_;
  std::mt19937_64 random_;
  std::uint64_t operations_ = 0, reads_ = 0, cut_at_ = 0, fail_from_ = 0, fail_until_ = 0, fail_read_from_ = 0,
                fail_read_until_ = 0, boots_ = 0;
  bool off_ = false;
  bool keep_nothing_ = false;
};

}  // namespace postern::queue::testing
