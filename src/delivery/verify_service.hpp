#pragma once
// Purpose: qmgr's side of private/verify: smtpd asks whether addresses are deliverable; what is not known is probed.
//          docs/protocols/verify.md
// Durability: what probes found is in address_verify_map's file, $data_directory/verify_cache.lmdb by default.
// Errors: a file that cannot be had is named in the log; then findings last as long as the process.
// Concurrency: the loop's thread; the file is written by the store's, swept by a worker's.

#include <memory>
#include <optional>
#include <string>

#include "delivery/address_prober.hpp"
#include "delivery/address_verifier.hpp"
#include "maps/lmdb_store.hpp"
#include "net/listener.hpp"

namespace postern::delivery {

struct verify_settings {
  verifier_settings verifier;
  std::string file;                        ///< with .lmdb; empty: nothing outlasts the process
  std::chrono::seconds sweep_interval{0};  ///< address_verify_cache_cleanup_interval; 0: never
};

verify_settings load_verify_settings(config::settings const& settings);

/// Opens the file, before the sandbox closes: afterwards nobody can. Null: there is to be none, or it cannot be had.
std::unique_ptr<maps::lmdb_store> open_verify_store(verify_settings const& settings);

class verify_service {
 public:
  verify_service(net::event_loop& loop, verify_settings settings, std::unique_ptr<maps::lmdb_store> store,
                 address_prober::parts probing);
  ~verify_service();

  void serve(os::unique_fd listening);
  /// Takes a connected asker; for tests.
  void serve_connection(os::unique_fd socket);
  net::task<bool> stop(std::chrono::milliseconds within);

 private:
  net::task<> talk(std::shared_ptr<ipc::channel> with);
  net::task<> answer(std::shared_ptr<ipc::channel> to, ipc::verify_query query);
  net::task<> sweep();

  net::event_loop& loop_;
  verify_settings settings_;
  std::unique_ptr<maps::lmdb_store> store_;
  std::unique_ptr<maps::keeper> memory_;  ///< in place of a store
  worker_pool sweeper_;
  address_prober prober_;
  address_verifier verifier_;
  std::unique_ptr<net::listener> listener_;
  net::task_scope connections_;
  net::task_scope answers_;
};

}  // namespace postern::delivery
