#pragma once
// Purpose: takes connections from a listening socket that was handed down (or made by a test).

#include <functional>

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "net/event_loop.hpp"
#include "net/io_result.hpp"
#include "os/unique_fd.hpp"

namespace postern::net {

class listener {
 public:
  listener(event_loop& loop, os::unique_fd socket);

  /// The next connection, non-blocking and close-on-exec. Waits out a lack of descriptors (EMFILE) instead of failing.
  task<io_result<os::unique_fd>> accept();
  /// Hands every connection to `take` until stop().
  task<> accept_each(std::function<void(os::unique_fd)> take);
  /// Wakes a waiting accept() with `cancelled` and takes no more; the socket stays open for others who share it.
  void stop();
  int native_handle() { return socket_.native_handle(); }

 private:
  event_loop& loop_;
  asio::posix::basic_stream_descriptor<executor> socket_;
  bool stopped_ = false;
};

}  // namespace postern::net
