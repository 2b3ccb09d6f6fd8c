// Stands in for each of our programs in the supervision tests: real skeleton, real sandbox, and on its sockets a line
// protocol in which a test asks it to do what a program should not.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/text.hpp"
#include "net/listener.hpp"
#include "net/stream.hpp"
#include "net/task_scope.hpp"
#include "service/program.hpp"

namespace {

using namespace postern;

constexpr auto session_limit = std::chrono::minutes(5);

std::string say_errno(long answer) { return answer < 0 ? ::strerrorname_np(errno) : "ok"; }

std::string dial(std::string_view port) {
  os::unique_fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return say_errno(-1);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(parse_unsigned(port).value_or(0)));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return say_errno(::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to));
}

/// What the test asks for: a word and perhaps a value.
std::string obey(service::environment& env, std::string_view word, std::string const& value) {
  if (word == "pid") return std::to_string(::getpid());
  if (word == "who") return env.program_name() + " " + env.service_name() + " " + std::to_string(::getuid());
  if (word == "get") return env.settings().text(value);
  if (word == "open") return say_errno(::open(value.c_str(), O_RDONLY | O_CLOEXEC));
  if (word == "create") return say_errno(::open(value.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (word == "connect") return dial(value);
  if (word == "exec") return say_errno(::execl("/bin/true", "true", nullptr));
  if (word == "secret") return env.read_secret(value) ? "ok" : "none";
  if (word == "tickets") {
    auto keys = env.ticket_keys();
    return keys ? std::to_string(std::hash<std::string_view>{}(keys->handed_down().reveal())) : "none";
  }
  if (word == "setuid") return say_errno(::setuid(0));
  if (word == "segv") ::raise(SIGSEGV);
  if (word == "exit") ::_exit(static_cast<int>(parse_unsigned(value).value_or(0)));
  if (word == "abort") std::abort();
  return "what?";
}

class probe {
 public:
  explicit probe(service::environment& env) : env_(env), scope_(env.loop()) {}

  int run() {
    for (auto& socket : env_.take_listeners()) {
      listeners_.push_back(std::make_unique<net::listener>(env_.loop(), std::move(socket.fd)));
      scope_.spawn(accept(*listeners_.back()), "listener");
    }
    env_.on_stop([this] {
      for (auto& one : listeners_) one->stop();
      stop_if_idle();
    });
    return env_.run();
  }

 private:
  net::task<> accept(net::listener& from) {
    while (true) {
      auto client = co_await from.accept();
      if (!client) co_return;
      scope_.spawn(serve(std::move(*client)), "session");
    }
  }

  net::task<> serve(os::unique_fd client) {
    net::stream peer(env_.loop(), std::move(client));
    env_.report_sessions(++sessions_);
    std::string input;
    std::array<char, 1024> buffer;
    while (true) {
      auto got = co_await peer.read_some(buffer, session_limit);
      if (!got) break;
      input.append(buffer.data(), *got);
      for (auto end = input.find('\n'); end != std::string::npos; end = input.find('\n')) {
        auto line = input.substr(0, end);
        input.erase(0, end + 1);
        auto space = line.find(' ');
        auto value = space == std::string::npos ? "" : line.substr(space + 1);
        auto answer = obey(env_, line.substr(0, space), value) + "\n";
        co_await peer.write(answer, session_limit);
      }
    }
    env_.report_sessions(--sessions_);
    stop_if_idle();
  }

  void stop_if_idle() {
    if (env_.stopping() && sessions_ == 0) env_.stopped();
  }

  service::environment& env_;
  net::task_scope scope_;
  std::vector<std::unique_ptr<net::listener>> listeners_;
  std::size_t sessions_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  std::string_view name = argv[0];
  name.remove_prefix(name.rfind('/') + 1);
  auto prepare = [](service::environment& env) -> result<> {
    // A configuration that a program cannot work with.
    if (env.settings().text("smtpd_banner") == "broken") return fail("the banner is broken");
    return {};
  };
  return service::run(
      {.name = name, .prepare = prepare, .body = [](service::environment& env) { return probe(env).run(); }}, argc,
      argv);
}
