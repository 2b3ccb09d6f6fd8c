// anvil: what all front ends share and what outlasts them: rates, roaming windows, wrong logins, what accounts send.
#include "anvil/notice_client.hpp"
#include "anvil/server.hpp"
#include "base/log.hpp"
#include "maps/lmdb_store.hpp"
#include "os/directories.hpp"
#include "os/key_file.hpp"
#include "service/program.hpp"

namespace {

using namespace postern;

constexpr auto stop_limit = std::chrono::milliseconds(1000);

struct prepared {
  anvil::settings how;
  std::unique_ptr<maps::lmdb_store> store;
  secret key;  ///< of this installation, for the hashes of recipients
};

result<> prepare(service::environment& env, prepared& out) {
  out.how = anvil::load_settings(env.settings());
  if (auto made = os::make_directory(out.how.directory, 0700); !made) return std::unexpected(made.error());
  auto store = maps::lmdb_store::open(out.how.directory + "/anvil.lmdb", "roaming windows and held accounts are");
  if (!store) return std::unexpected(store.error());
  auto key = os::load_or_make_key(out.how.directory + "/key");
  if (!key) return std::unexpected(key.error());
  out.store = std::move(*store);
  out.key = std::move(*key);
  return {};
}

net::task<> end(anvil::server& served, service::environment& env) {
  co_await served.shut_down(stop_limit);
  env.stopped();
}

int serve(service::environment& env, prepared& from) {
  anvil::server served(env.loop(), from.how, *from.store, std::move(from.key),
                       [&env, queue = env.socket_path("public/qmgr-admin")](std::string account, std::string reason) {
                         return anvil::tell_of_account(env.loop(), queue, std::move(account), std::move(reason));
                       });
  for (auto& socket : env.take_listeners()) served.serve(std::move(socket.fd));
  net::task_scope ending(env.loop());
  env.on_stop([&] { ending.spawn(end(served, env), "stopping anvil"); });
  int const status = env.run();
  from.store.reset();  // writes what waits
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  prepared ready;
  return service::run({.name = "anvil",
                       .prepare = [&ready](service::environment& env) { return prepare(env, ready); },
                       .body = [&ready](service::environment& env) { return serve(env, ready); }},
                      argc, argv);
}
