#include "bench/common/login_report.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <sys/resource.h>

namespace postern::bench {
namespace {

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

}  // namespace

void login_report::add(clock::time_point began, bool good) {
  auto const took = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - began);
  micros_.push_back(static_cast<std::uint32_t>(took.count()));
  if (!good) ++failed_;
}

int login_report::print() {
  auto const seconds = std::chrono::duration<double>(clock::now() - begin_).count();
  std::ranges::sort(micros_);
  fmt::print(
      "{{\"logins\": {}, \"failed\": {}, \"seconds\": {:.4f}, \"logins_per_s\": {:.1f}, \"p50_us\": {}, "
      "\"p99_us\": {}, \"client_cpu_s\": {:.3f}}}\n",
      done(), failed_, seconds, static_cast<double>(done()) / seconds, micros_[micros_.size() / 2],
      micros_[micros_.size() * 99 / 100], cpu_seconds());
  return failed_ == 0 ? 0 : 1;
}

}  // namespace postern::bench
