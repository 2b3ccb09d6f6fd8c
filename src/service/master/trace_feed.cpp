#include "service/master/trace_feed.hpp"

#include <array>

#include <fmt/format.h>

namespace postern::service::master {
namespace {
constexpr auto write_time_limit = std::chrono::seconds(10);
constexpr auto long_time = std::chrono::hours(24 * 365);
}  // namespace

void trace_feed::add(std::string_view line) {
  if (lines_.size() >= lines_max) {
    ++lost_;
    return;
  }
  if (lost_ > 0) lines_.push_back(fmt::format("({} lines were lost)", std::exchange(lost_, 0)));
  lines_.emplace_back(line);
  something_.wake();
}

std::string trace_feed::take_lines() {
  std::string out;
  for (auto const& line : std::exchange(lines_, {})) out.append(line).append("\n");
  return out;
}

net::task<> trace_feed::write_lines() {
  while (!ended_) {
    if (lines_.empty()) {
      co_await something_.wait(long_time);
      continue;
    }
    auto text = take_lines();
    auto written = co_await client_->write(text, write_time_limit);
    if (!written) break;
  }
  client_->close();
}

net::task<> trace_feed::wait_for_end(std::shared_ptr<trace_feed> feed) {
  std::array<char, 64> ignored;
  for (;;) {
    auto got = co_await feed->client_->read_some(ignored, long_time);
    if (!got) break;
  }
  feed->ended_ = true;
  feed->something_.wake();
}

}  // namespace postern::service::master
