#pragma once
// Purpose: public/control, the socket through which `postern` talks to masterd.
// Layout: the client sends one line, "status", "reload" or "stop"; the answer is lines, the last one ".", or, for an
//         error, "error TEXT". "trace FILTER" is answered by "ok" and then by lines until the client closes.
//         docs/protocols/supervision.md.
// Limits: request_size_max octets a request, connections_max at once, request_time_limit for a request to come.
// Security: only root and the user who runs masterd are heard (SO_PEERCRED).

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "net/listener.hpp"
#include "net/stream.hpp"
#include "net/task_scope.hpp"
#include "service/master/trace_feed.hpp"

namespace postern::service::master {

inline constexpr std::size_t request_size_max = 256;
inline constexpr std::size_t connections_max = 32;
inline constexpr auto request_time_limit = std::chrono::seconds(10);
inline constexpr auto answer_time_limit = std::chrono::seconds(10);

class control_server {
 public:
  using answer = std::function<std::string(std::string_view request)>;

  control_server(net::event_loop& loop, os::unique_fd socket, answer handler, trace_source traces);
  void stop();

 private:
  void take(os::unique_fd client);
  net::task<> serve(os::unique_fd client);
  net::task<> serve_trace(std::shared_ptr<net::stream> client, std::string filter);

  net::event_loop& loop_;
  net::listener listener_;
  answer handler_;
  trace_source traces_;
  net::task_scope clients_;
};

/// Asks a running masterd and waits for the whole answer, without the last line. For `postern`; blocks.
result<std::string> ask_master(std::string const& socket_path, std::string_view request,
                               std::chrono::milliseconds within);

}  // namespace postern::service::master
