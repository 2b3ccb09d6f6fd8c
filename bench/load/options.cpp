#include "bench/load/options.hpp"

#include <cstdio>
#include <cstdlib>

#include "bench/common/command_line.hpp"

namespace postern::bench {

namespace {

tls_use parse_tls_use(std::string_view word) {
  if (word == "none") return tls_use::none;
  if (word == "starttls") return tls_use::starttls;
  if (word == "wrapper") return tls_use::wrapper;
  std::fputs("--tls: want none, starttls or wrapper\n", stderr);
  std::exit(2);
}

}  // namespace

load_options parse_options(int argc, char** argv) {
  load_options to;
  std::string tls = "none";
  std::uint64_t hold = 0;
  auto stall = static_cast<std::uint64_t>(to.stall.count());
  auto deadline = static_cast<std::uint64_t>(to.deadline.count());
  bool no_pipelining = false;
  option const known[] = {
      {"--host", &to.host, "numeric IPv4 address of the server"},
      {"--port", &to.port},
      {"--connections", &to.connections, "connections open at once"},
      {"--per-connection", &to.messages_per_connection, "messages on each connection"},
      {"--messages", &to.messages, "messages in all"},
      {"--warm-up", &to.warm_up, "messages sent before and not counted"},
      {"--size", &to.size, "octets of a message"},
      {"--tls", &tls, "none, starttls or wrapper"},
      {"--resume", &to.resume, "resume TLS sessions"},
      {"--no-pipelining", &no_pipelining, "wait for each reply"},
      {"--quick-ack", &to.quick_ack, "turn the kernel's delayed ACK off"},
      {"--user", &to.user, "AUTH PLAIN name; % becomes the slot's number modulo --users"},
      {"--users", &to.users},
      {"--password", &to.password, "of a throw-away account"},
      {"--helo", &to.helo},
      {"--from", &to.sender},
      {"--to", &to.recipient},
      {"--acked", &to.acknowledged_file, "file for the X-Load-Id of each acknowledged message"},
      {"--run-id", &to.run_id, "first part of each X-Load-Id"},
      {"--tolerate", &to.tolerate, "connect again after a failure"},
      {"--idle", &to.idle, "log in and hold the connections; prints `ready` when all are up"},
      {"--hold", &hold, "idle: seconds to hold; 0: until stdin closes"},
      {"--stall", &stall, "seconds without progress that make a connection a failure"},
      {"--deadline", &deadline, "seconds for the whole run"},
  };
  read_command_line(argc, argv, "Sends mail as fast as the server takes it; prints the figures as a JSON object.",
                    known);
  to.tls = parse_tls_use(tls);
  to.pipelining = !no_pipelining;
  to.hold = std::chrono::seconds(hold);
  to.stall = std::chrono::seconds(stall);
  to.deadline = std::chrono::seconds(deadline);
  return to;
}

std::string for_slot(std::string const& pattern, int slot, int users) {
  std::size_t const at = pattern.find('%');
  if (at == std::string::npos) return pattern;
  return pattern.substr(0, at) + std::to_string(slot % std::max(users, 1)) + pattern.substr(at + 1);
}

}  // namespace postern::bench
