#pragma once
// Purpose: a connection to a server of tables that is kept between questions: one request, one answer, each time.
// Errors: name the server; a deadline that has passed has system_error ETIMEDOUT.
// Concurrency: one thread; calls block until their deadline at most. [deviates: name look-ups last as long as the
//              system's resolver lets them]
// Limits: an answer has octets_max octets at most.
// Security: octets behind an answer, or before a question, end the connection: no answer is taken for another's.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "maps/server_address.hpp"
#include "maps/tls_link.hpp"
#include "os/unique_fd.hpp"

namespace postern::maps {

class server_channel {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  /// How long the answer at the beginning of what has come is; 0: not all of it is there. A failure: it is none.
  using measure = std::function<result<std::size_t>(std::string_view so_far)>;

  server_channel(server_address at, std::size_t octets_max) : at_(std::move(at)), octets_max_(octets_max) {}

  /// From now on connections are encrypted, and the server shows that it is the host of address().
  void use_tls(std::shared_ptr<tls_client const> with) { tls_ = std::move(with); }
  /// What is said first on each new connection.
  void on_connected(std::function<result<>(time_point deadline)> greet) { greet_ = std::move(greet); }

  /// Connects when it has to; asks once more when a connection that was kept turns out to be closed.
  result<std::string> ask(std::string_view request, measure const& length, time_point deadline);
  /// On the connection that is there: for the greeting.
  result<std::string> exchange(std::string_view request, measure const& length, time_point deadline);

  server_address const& address() const noexcept { return at_; }
  void disconnect() noexcept {
    link_.reset();
    socket_.reset();
  }

 private:
  result<> connect(time_point deadline);
  result<> connect_unix(time_point deadline);
  result<> connect_inet(time_point deadline);
  result<> encrypt(time_point deadline);
  bool is_quiet() const;
  result<> write(std::string_view data, time_point deadline);
  result<> read_more(std::string& into, time_point deadline);
  std::unexpected<failure> fail_here(int error_number);

  server_address at_;
  std::size_t octets_max_;
  std::shared_ptr<tls_client const> tls_;  ///< null: not encrypted
  os::unique_fd socket_;
  std::unique_ptr<tls_link> link_;
  std::function<result<>(time_point)> greet_;
};

}  // namespace postern::maps
