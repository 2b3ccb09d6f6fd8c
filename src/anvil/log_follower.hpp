#pragma once
// Purpose: reads a log as it grows, as tail -F does: through rotation (another file under the name) and truncation. The
//          kernel tells when something changes in its directory.
// Errors: a file that is not there yet, or that may not be read, is waited for; trouble() says so.
// Limits: line_octets_max; longer lines are thrown away.
// Concurrency: blocks; one owner.

#include <chrono>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "os/unique_fd.hpp"

namespace postern::anvil {

class log_follower {
 public:
  static constexpr std::size_t line_octets_max = 16 * 1024;

  /// "-": standard input. A file is read from its present end on.
  explicit log_follower(std::string path);
  /// The next whole line without its end; nothing when none came within the time, or the input has ended (ended()).
  std::optional<std::string> next_line(std::chrono::milliseconds within);
  /// Only of standard input: nothing will come any more.
  bool ended() const noexcept { return ended_; }
  /// Why nothing is read; empty: the file is open.
  std::string const& trouble() const noexcept { return trouble_; }

 private:
  bool read_more();
  void wait_for_change(std::chrono::milliseconds within);
  bool open_newer();
  std::optional<std::string> take_line();

  std::string path_;
  os::unique_fd file_;
  os::unique_fd changes_;  ///< inotify(7), of the directory
  std::string trouble_;
  std::string input_;
  bool skipping_ = false;  ///< the rest of a line that is too long
  bool first_ = true;      ///< the file that was there at the start is read from its end
  bool ended_ = false;
};

}  // namespace postern::anvil
