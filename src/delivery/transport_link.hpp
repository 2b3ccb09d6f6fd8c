#pragma once
// Purpose: qmgr's connection to one delivery program (private/smtp, private/local): keeps it up, sends requests, hands
//          answers on.
// Errors: a request whose program went away is sent once more when it is back; the second time it is lost. Without a
//         program for away_limit, requests are lost too. Lost mail waits in the queue for its next turn.
// Concurrency: the loop's thread.

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "ipc/delivery_protocol.hpp"
#include "net/task_scope.hpp"

namespace postern::delivery {

class transport_link {
 public:
  struct listener {
    std::function<void(ipc::delivery_answer)> on_answer;
    /// `why` is a sentence; the program, not the mail, is the reason.
    std::function<void(std::uint64_t request, std::string why)> on_lost;
  };
  static constexpr std::chrono::seconds away_limit{30};

  transport_link(net::event_loop& loop, std::string path, listener told);
  ~transport_link() { *alive_ = false; }

  /// Connects, again and again, until cancelled.
  net::task<> run();
  void send(ipc::delivery_request request, os::unique_fd segment);
  std::size_t in_flight() const noexcept { return requests_.size(); }

 private:
  struct pending {
    ipc::delivery_request request;
    os::unique_fd segment;
    bool sent = false;
    bool repeated = false;
    net::steady_time since{};
  };
  net::task<> converse();
  void post(pending& what);
  void after_loss();
  bool give_up_old();

  net::event_loop& loop_;
  std::string path_;
  listener told_;
  std::unique_ptr<ipc::channel> channel_;
  std::unordered_map<std::uint64_t, pending> requests_;
  bool watching_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace postern::delivery
