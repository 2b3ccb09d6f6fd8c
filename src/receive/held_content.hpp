#pragma once
// Purpose: a message's body that cannot go to the spool yet, because a mail filter may still change it.
// Errors: a full disk is a failure of append().
// Concurrency: the loop's thread.
// Limits: `memory_octets` and at most one block in memory; what is more stands in the process's scratch file.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "os/scratch_file.hpp"

namespace postern::receive {

class held_content {
 public:
  /// `scratch` null: everything is kept in memory.
  held_content(os::scratch_file* scratch, std::size_t memory_octets)
      : scratch_(scratch), memory_octets_(memory_octets) {}
  ~held_content() { clear(); }
  held_content(held_content&& from) noexcept;
  held_content& operator=(held_content&& from) noexcept;

  result<> append(std::string_view octets);
  void clear() noexcept;
  std::uint64_t size() const noexcept;
  bool ends_line() const noexcept { return last_ == '\n'; }
  /// Up to `octets_max` octets from `offset` on, fewer only at the end; valid until the next read() or append().
  result<std::string_view> read(std::uint64_t offset, std::size_t octets_max);

 private:
  os::scratch_file* scratch_;
  std::size_t memory_octets_;
  std::vector<std::uint32_t> blocks_;  ///< whole ones
  std::string tail_;                   ///< what comes behind them
  std::string window_;                 ///< what read() gave
  char last_ = '\n';
};

}  // namespace postern::receive
