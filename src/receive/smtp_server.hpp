#pragma once
// Purpose: an smtpd process: its services, what its sessions share, and the sessions themselves.
// Concurrency: the loop's thread.
// Limits: sessions_max sessions a process; beyond that a client is told 421.

#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "ipc/anvil_client.hpp"
#include "maps/lookup_pool.hpp"
#include "net/listener.hpp"
#include "net/resolver.hpp"
#include "net/task_scope.hpp"
#include "os/scratch_file.hpp"
#include "receive/auth_client.hpp"
#include "receive/dialogue_watch.hpp"
#include "receive/input_buffer.hpp"
#include "receive/mechanism_offers.hpp"
#include "receive/peer.hpp"
#include "receive/service_settings.hpp"
#include "receive/spool_client.hpp"

namespace postern::receive {

class policy_services;
class verify_client;

/// What all sessions of the process use.
struct server_parts {
  net::event_loop& loop;
  spool_client& spool;
  auth_client* auth = nullptr;        ///< null when smtpd_sasl_auth_enable = no and no local recipients are checked
  auth_client* users = nullptr;       ///< who knows which local users exist; may be the same as auth
  net::resolver* resolver = nullptr;  ///< null when smtpd_peername_lookup = no
  buffer_pool& buffers;
  dialogue_watch* traces = nullptr;      ///< who watches; null: nobody can
  ipc::anvil_client* anvil = nullptr;    ///< null: nothing is counted
  maps::lookup_pool* lookups = nullptr;  ///< who asks tables that block; null: they cannot be asked
  mechanism_offers* offers = nullptr;    ///< the server's own
  net::resolver* dns = nullptr;          ///< whom policy asks; null: the DNS is not asked
  policy_services* policy_servers = nullptr;
  os::scratch_file* scratch = nullptr;  ///< for what is too large for memory; null: memory it is
  verify_client* probes = nullptr;      ///< who knows whether addresses are deliverable; null: nobody
};

class connection;

class smtp_server {
 public:
  smtp_server(server_parts parts, std::size_t sessions_max);

  void set_settings(std::shared_ptr<service_settings const> settings);
  /// Begins to take connections from a listening socket.
  void listen(os::unique_fd socket);
  /// The same for the users of this machine: a UNIX socket (receive/local_submission.hpp). After set_settings().
  void listen_local(os::unique_fd socket);
  /// Takes no more connections; `drained` is called when the last session has ended.
  void stop(std::function<void()> drained);
  /// After stop(): idle clients are sent away, the others as soon as they are idle.
  void hurry();
  std::size_t session_count() const noexcept { return sessions_.size(); }
  /// Called with the number of sessions whenever it changes.
  void on_session_count(std::function<void(std::size_t)> handler) { count_handler_ = std::move(handler); }

 private:
  enum class door : std::uint8_t { network, local };
  void take(os::unique_fd client, door by);
  void end_sessions_of(sasl::dovecot::revoked_notice const& notice);
  net::task<> serve(os::unique_fd socket, door by);
  net::task<> refuse(os::unique_fd socket);
  void count_changed();

  mechanism_offers offers_;
  server_parts parts_;
  std::size_t sessions_max_;
  std::shared_ptr<service_settings const> settings_;
  std::shared_ptr<service_settings const> local_settings_;  ///< null without a local door
  bool has_local_door_ = false;
  std::vector<std::unique_ptr<net::listener>> listeners_;
  net::task_scope acceptors_;
  net::task_scope sessions_;
  std::unordered_set<connection*> connections_;
  bool hurrying_ = false;
  std::function<void()> drained_;
  std::function<void(std::size_t)> count_handler_;
};

}  // namespace postern::receive
