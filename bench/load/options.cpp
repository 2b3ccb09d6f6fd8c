#include "bench/load/options.hpp"

#include <cstdlib>

#include <CLI/CLI.hpp>

namespace postern::bench {

namespace {

void add_options(CLI::App& app, load_options& to) {
  app.add_option("--host", to.host, "numeric IPv4 address of the server");
  app.add_option("--port", to.port);
  app.add_option("-c,--connections", to.connections, "connections open at once");
  app.add_option("-m,--per-connection", to.messages_per_connection, "messages on each connection");
  app.add_option("-n,--messages", to.messages, "messages in all");
  app.add_option("--warm-up", to.warm_up, "messages sent before and not counted");
  app.add_option("-s,--size", to.size, "octets of a message");
  std::map<std::string, tls_use> const words{
      {"none", tls_use::none}, {"starttls", tls_use::starttls}, {"wrapper", tls_use::wrapper}};
  app.add_option("--tls", to.tls, "none, starttls or wrapper")->transform(CLI::CheckedTransformer(words));
  app.add_flag("--resume", to.resume, "resume TLS sessions");
  app.add_flag("!--no-pipelining", to.pipelining, "wait for each reply");
  app.add_flag("--quick-ack", to.quick_ack, "turn the kernel's delayed ACK off");
  app.add_option("--user", to.user, "AUTH PLAIN name; % becomes the slot's number modulo --users");
  app.add_option("--users", to.users);
  app.add_option("--password", to.password, "of a throw-away account")->envname("POSTERN_LOAD_PASSWORD");
  app.add_option("--helo", to.helo);
  app.add_option("--from", to.sender);
  app.add_option("--to", to.recipient);
  app.add_option("--acked", to.acknowledged_file, "file for the X-Load-Id of each acknowledged message");
  app.add_option("--run-id", to.run_id, "first part of each X-Load-Id");
  app.add_flag("--tolerate", to.tolerate, "connect again after a failure");
  app.add_flag("--idle", to.idle, "log in and hold the connections; prints `ready` when all are up");
}

}  // namespace

load_options parse_options(int argc, char** argv) {
  load_options options;
  long hold_seconds = 0;
  long stall_seconds = options.stall.count();
  long deadline_seconds = options.deadline.count();
  CLI::App app{"Sends mail as fast as the server takes it and prints the figures as one JSON object.", "postern-load"};
  add_options(app, options);
  app.add_option("--hold", hold_seconds, "idle: seconds to hold; 0: until stdin closes");
  app.add_option("--stall", stall_seconds, "seconds without progress that make a connection a failure");
  app.add_option("--deadline", deadline_seconds, "seconds for the whole run");
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& error) {
    std::exit(app.exit(error));
  }
  options.hold = std::chrono::seconds(hold_seconds);
  options.stall = std::chrono::seconds(stall_seconds);
  options.deadline = std::chrono::seconds(deadline_seconds);
  return options;
}

std::string for_slot(std::string const& pattern, int slot, int users) {
  std::size_t const at = pattern.find('%');
  if (at == std::string::npos) return pattern;
  return pattern.substr(0, at) + std::to_string(slot % std::max(users, 1)) + pattern.substr(at + 1);
}

}  // namespace postern::bench
