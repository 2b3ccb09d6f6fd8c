#pragma once
// Purpose: what the load generators that log in tell at their end, as one line of JSON.

#include <chrono>
#include <cstdint>
#include <vector>

namespace postern::bench {

class login_report {
 public:
  using clock = std::chrono::steady_clock;

  /// The measured time begins.
  void begin() { begin_ = clock::now(); }
  /// One login that began then ends now.
  void add(clock::time_point began, bool good);
  std::uint64_t done() const noexcept { return micros_.size(); }
  std::uint64_t failed() const noexcept { return failed_; }
  /// Prints it; the program's exit status. Pre: done() > 0.
  int print();

 private:
  clock::time_point begin_ = clock::now();
  std::vector<std::uint32_t> micros_;
  std::uint64_t failed_ = 0;
};

}  // namespace postern::bench
