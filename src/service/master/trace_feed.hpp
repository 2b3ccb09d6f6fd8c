#pragma once
// Purpose: one `postern trace` at masterd: the lines that wait for its client, and the end of either side.
// Concurrency: the loop's thread.
// Limits: lines_max lines wait; what comes beyond that is counted and lost.

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/one_shot.hpp"
#include "net/stream.hpp"

namespace postern::service::master {

/// Where lines come from: begins to watch with a filter, and ends the watch of that number.
struct trace_source {
  using show = std::function<void(std::string_view line)>;
  std::function<std::uint64_t(std::string_view filter, show to)> begin;
  std::function<void(std::uint64_t number)> end;
};

class trace_feed {
 public:
  static constexpr std::size_t lines_max = 10'000;

  trace_feed(net::event_loop& loop, std::shared_ptr<net::stream> client)
      : client_(std::move(client)), something_(loop) {}

  void add(std::string_view line);
  /// Writes lines until the client is gone.
  net::task<> write_lines();
  /// Waits for the client's end, which a silent trace would not see otherwise.
  static net::task<> wait_for_end(std::shared_ptr<trace_feed> feed);

 private:
  std::string take_lines();

  std::shared_ptr<net::stream> client_;
  net::parked something_;
  std::deque<std::string> lines_;
  std::size_t lost_ = 0;
  bool ended_ = false;
};

}  // namespace postern::service::master
