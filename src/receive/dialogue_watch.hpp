#pragma once
// Purpose: who is watched by `postern trace`, and where the lines of their dialogue go.
// Layout: a filter is "client=NETWORK user=NAME", either or both; an empty one matches everybody.
// Concurrency: the loop's thread.
// Limits: watches_max at once in a process.
// Security: session_log masks credentials before a line comes here; the content of messages never does.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip.hpp"
#include "base/result.hpp"

namespace postern::receive {

struct trace_filter {
  std::optional<ip_network> client;
  std::string user;  ///< of a login; without a domain it means the user in any domain; empty: all, logged in or not

  bool matches(ip_address const& address, std::string_view login_name) const;
};
result<trace_filter> parse_trace_filter(std::string_view text);
std::string format_trace_filter(trace_filter const& filter);

class dialogue_watch {
 public:
  static constexpr std::size_t watches_max = 32;
  /// False when the line was lost because nobody takes them fast enough.
  using sink = std::function<bool(std::uint64_t watch, std::string_view line)>;

  explicit dialogue_watch(sink to) : to_(std::move(to)) {}

  /// A filter that cannot be understood, or one too many, is not watched.
  void begin(std::uint64_t watch, std::string_view filter);
  void end(std::uint64_t watch) { watches_.erase(watch); }
  bool is_empty() const noexcept { return watches_.empty(); }
  /// Gives the line to every watch that matches.
  void show(ip_address const& address, std::string_view login_name, std::string_view line);

 private:
  struct watched {
    trace_filter filter;
    std::uint64_t lost = 0;
  };
  void give(std::uint64_t id, watched& to, std::string_view line);

  sink to_;
  std::map<std::uint64_t, watched> watches_;
};

}  // namespace postern::receive
