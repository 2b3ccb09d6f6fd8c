#pragma once
// Purpose: keeps state entries: an append-only log, from time to time a snapshot, a new log after it.
// Layout: docs/formats/queue-state.md: STATE/<generation>-<file id>.log and .snapshot. A snapshot holds all of the
//         generations before its own; the logs from its generation on are replayed over it.
// Errors: a failed save may be repeated with the same entries: the next one starts a fresh log file.
// Durability: what save or save_snapshot returned success for is on disk.
// Concurrency: one caller at a time; blocking, so not for an event loop's thread.
// Limits: state_log_limits.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "os/filesystem.hpp"
#include "queue/segment_reader.hpp"
#include "queue/segment_writer.hpp"
#include "queue/state_entry.hpp"

namespace postern::queue {

struct state_log_limits {
  std::uint64_t log_octets_before_snapshot = 16U << 20;
};

/// Damage or an unreadable file, in words for the log.
struct state_report {
  std::string file;
  std::string what;
};

struct loaded_state {
  state_image image;
  std::uint64_t last_generation = 0;
  std::vector<std::string> files;  ///< names that are superseded once a snapshot is saved
  std::vector<state_report> reports;
};

/// Reads what is whole; a torn tail is cut (ignored) and reported, damage in the middle is skipped and reported.
result<loaded_state> load_state(os::filesystem& disk, std::string const& directory);

/// Calls its argument with each entry of a snapshot.
using snapshot_source = std::function<void(std::function<void(state_entry const&)> const&)>;
/// The records of a snapshot, ready for save_snapshot, made where the state may be looked at.
class snapshot_text {
 public:
  explicit snapshot_text(snapshot_source const& source);
  std::vector<std::string> take() && { return std::move(records_); }

 private:
  std::vector<std::string> records_;
};

class state_log {
 public:
  /// Goes on after what load_state found, in a new log file that the first save makes.
  state_log(os::filesystem& disk, std::string directory, loaded_state const& loaded, state_log_limits limits = {});

  result<> save(std::span<state_entry const> entries);
  bool wants_snapshot() const noexcept;
  /// Starts the next generation with `snapshot`, which must hold everything saved so far, and removes older files.
  result<> save_snapshot(snapshot_text snapshot);

 private:
  result<> start_log();
  void remove_old_files();

  os::filesystem& disk_;
  std::string directory_;
  state_log_limits limits_;
  std::uint64_t generation_;
  std::vector<std::string> old_files_;
  std::unique_ptr<segment_writer> log_;
  std::uint64_t snapshot_octets_ = 0;
  std::uint64_t log_octets_ = 0;
};

}  // namespace postern::queue
