#pragma once
// Purpose: serves the mux socket: takes requests, asks the backend or the cache, answers, logs.
// Concurrency: one thread calls run() or step(); a backend that is quick is asked there, any other in the pool.
//              A request that has come with its connection is answered without the connection being waited for.
// Limits: a connection has `timeout` for its request; `connections_max` at once: then the one that has been silent
//         longest gives way, and when all are being checked nobody is accepted until one is done.
// Security: any local program that may open the socket may ask; what it sends is bounded before it is kept.
// Source: docs/protocols/saslauthd.md

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "auth/password_backend.hpp"
#include "auth/saslauthd/check_pool.hpp"
#include "auth/saslauthd/credential_cache.hpp"
#include "os/unique_fd.hpp"
#include "sasl/mux_protocol.hpp"

namespace postern::auth::saslauthd {

struct mux_server_options {
  std::string mechanism;  ///< for the log
  backend_row const* row = nullptr;
  backend_options backend;
  unsigned workers = 5;
  bool append_realm = false;  ///< -r
  std::chrono::seconds timeout{30};
  std::size_t connections_max = 4096;
  std::size_t string_max = sasl::mux::string_octets_max;
  std::optional<credential_cache::options> cache;
};

class mux_server {
 public:
  /// A failure of the backend's configuration is the result; nothing is served then.
  static result<std::unique_ptr<mux_server>> make(mux_server_options options);
  ~mux_server();

  /// Takes a listening, non-blocking socket.
  void serve(os::unique_fd listener);
  /// Calls `on_ready` from step() when the descriptor, which the caller keeps, is readable: signals. Once at most.
  void watch_also(int descriptor, std::function<void()> on_ready);
  /// Readable when step() has something to do, but for deadlines.
  int descriptor() const noexcept { return events_.get(); }
  /// Waits no longer than `at_most`, does what there is to do, and says how long the next wait may be at most.
  std::chrono::milliseconds step(std::chrono::milliseconds at_most);

  /// Reads the backend's configuration again; the old one stays when the new one is wrong. Empties the cache.
  result<> reload();
  /// Takes no more connections. Those that are being checked are still answered.
  void stop_accepting();
  bool idle() const noexcept { return checking_ == 0 && held_back_.empty(); }

 private:
  using time_point = std::chrono::steady_clock::time_point;
  using id = std::uint64_t;
  enum class state : std::uint8_t { reading, checking, held_back, draining };

  struct connection {
    explicit connection(std::size_t string_max) : reader(string_max) {}
    os::unique_fd socket;
    sasl::mux::request_reader reader;
    state at = state::reading;
    time_point deadline;
    std::list<id>::iterator silent;  ///< its place in silent_, while reading or draining
    std::string reply;               ///< while held back
  };

  mux_server(mux_server_options options, std::unique_ptr<password_backend> backend);

  void accept_all(int listener);
  void admit(os::unique_fd socket);
  void on_event(id which);
  /// True: the connection lives on.
  bool read(connection& from, id which, bool registered);
  bool on_request(connection& from, id which);
  std::optional<std::string> ask(connection& from, id which, password_question&& question);
  std::string conclude(password_question const& question, password_answer const& answer);
  void finish_checks();
  void answer_held_back(time_point now);
  void drop_expired(time_point now);
  void listen_again();
  void keep(id which, std::unique_ptr<connection> one);
  void drop(id which);
  void unlist(connection& one);

  mux_server_options options_;
  std::unique_ptr<password_backend> backend_;  ///< of this thread, when the row is quick
  std::unique_ptr<check_pool> pool_;           ///< when it is not
  std::optional<credential_cache> cache_;
  os::unique_fd events_;
  std::vector<os::unique_fd> listeners_;
  std::function<void()> on_watched_;
  bool accepting_ = true;
  bool wants_more_ = true;
  std::size_t crowd_ = 0;  ///< how many connections there were when it stopped wanting more
  std::string room_;       ///< for reading
  id next_id_;
  std::size_t checking_ = 0;
  std::unordered_map<id, std::unique_ptr<connection>> connections_;
  std::list<id> silent_;  ///< by deadline
  std::multimap<time_point, id> held_back_;
};

}  // namespace postern::auth::saslauthd
