#pragma once
// Purpose: the keeper that outlasts the process: an LMDB file, written by a thread of its own.
// Layout: of whoever puts; docs/formats/anvil.md, docs/formats/address-findings.md.
// Durability: what was put is on disk, with fdatasync, when commit() calls back without an error; what nobody commits
//             follows within flush_interval. The file is whole after a crash of program or machine.
// Errors: open() sets a damaged file aside and begins a new one. A write that fails (disk full) fails those that wait
//         and is tried again every flush_interval.
// Concurrency: one owner thread; `done` comes back through the poster. The store outlives whoever it calls back.
// Limits: map_octets; changes_max wait, further ones are lost.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "maps/keeper.hpp"

struct MDB_env;

namespace postern::maps {

class lmdb_store final : public keeper {
 public:
  /// Address space, not disk: the file grows as it is filled.
  static constexpr std::size_t map_octets = std::size_t{8} << 30U;
  static constexpr std::size_t changes_max = 1'000'000;
  static constexpr std::chrono::milliseconds flush_interval{2000};
  using poster = std::function<void(std::function<void()>)>;
  using committed = std::function<void(result<> const&)>;

  /// Makes the file where it is missing. Starts no thread. `loss`: what is forgotten with a damaged file, for the log:
  /// "held accounts are".
  static result<std::unique_ptr<lmdb_store>> open(std::string const& path, std::string_view loss);
  /// Writes what waits.
  ~lmdb_store() override;
  lmdb_store(lmdb_store const&) = delete;
  lmdb_store& operator=(lmdb_store const&) = delete;

  /// Begins to write; `post` brings work to the owner's thread.
  void start(poster post);

  void put(std::string key, std::string value) override;
  void erase(std::string key) override;
  std::optional<std::string> find(std::string_view key) override;
  void for_each(std::string_view prefix,
                std::function<void(std::string_view key, std::string_view value)> const& each) override;
  /// Calls `done` on the owner's thread once all that was put before is on disk, or could not be written.
  void commit(committed done);

 private:
  using changes = std::map<std::string, std::optional<std::string>, std::less<>>;
  struct environment_closer {
    void operator()(MDB_env* one) const;
  };

  lmdb_store(std::string path, std::unique_ptr<MDB_env, environment_closer> env, unsigned table);
  static result<std::unique_ptr<lmdb_store>> open_file(std::string const& path);
  void change(std::string key, std::optional<std::string> value);
  void work();
  result<> write(changes const& batch);
  void settle(std::vector<committed> waiting, result<> outcome);

  std::string path_;
  std::unique_ptr<MDB_env, environment_closer> env_;
  unsigned table_ = 0;
  poster post_;
  std::mutex mutex_;
  std::condition_variable wake_;
  changes collecting_;
  changes writing_;
  std::vector<committed> waiting_;
  bool stopping_ = false;
  bool losing_ = false;  ///< told once
  std::thread thread_;
};

}  // namespace postern::maps
