// The probe against a scripted server on loopback: which steps it takes, what it says, and that it shows no password.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "net/listener.hpp"
#include "net/stream.hpp"
#include "net/task_scope.hpp"
#include "net/tls_context.hpp"
#include "os/listening_socket.hpp"
#include "service/setup/self_signed.hpp"

#include "admin/probe.hpp"

namespace postern::admin {
namespace {

using namespace std::chrono_literals;

/// How the server behaves.
struct server_script {
  bool start_tls = true;
  bool implicit_tls = false;
  bool auth_in_clear = false;
  bool open_relay = false;
  std::string mechanisms = "PLAIN LOGIN";
  std::string login_reply = "235 2.7.0 Authentication successful";
};

struct shown {
  std::vector<std::string> dialogue;
  std::vector<probe_step> steps;
  gravity worst = gravity::good;

  gravity level_of(std::string_view step) const {
    auto level = gravity::good;
    bool found = false;
    for (auto const& one : steps) {
      if (one.name != step) continue;
      found = true;
      level = std::max(level, one.said.level);
    }
    EXPECT_TRUE(found) << "no step " << step;
    return level;
  }
  bool has_step(std::string_view step) const {
    return std::ranges::any_of(steps, [step](auto const& one) { return one.name == step; });
  }
};

std::shared_ptr<net::tls_context> make_server_tls() {
  auto made = service::setup::make_self_signed({{"localhost", "127.0.0.1"}});
  net::tls_options options;
  options.identities.push_back({made->certificate_pem, std::move(made->key_pem), "test"});
  return *net::tls_context::make_server(std::move(options));
}

class scripted_server {
 public:
  scripted_server(net::event_loop& loop, server_script script)
      : script_(std::move(script)), loop_(loop), tls_(make_server_tls()) {
    auto socket = os::listen_tcp(*ip_address::parse("127.0.0.1"), 0);
    port_ = os::local_port(socket->get());
    listener_.emplace(loop, std::move(*socket));
  }
  std::uint16_t port() const { return port_; }

  net::task<> serve() {
    auto accepted = co_await listener_->accept();
    if (!accepted) co_return;
    peer_ = std::make_unique<net::stream>(loop_, std::move(*accepted));
    if (script_.implicit_tls) co_await shake_hands();
    co_await say("220 h ESMTP");
    while (auto line = co_await next_line()) {
      if (*line == "QUIT") break;
      co_await answer(*line);
    }
    peer_->close();
  }

 private:
  net::task<> say(std::string text) {
    text += "\r\n";
    co_await peer_->write(text, 5s);
  }
  net::task<> shake_hands() {
    co_await peer_->start_tls(net::tls_session::accept(*tls_, peer_->native_handle()), 5s);
    secure_ = true;
  }
  net::task<std::optional<std::string>> next_line() {
    char buffer[512];
    while (input_.find("\r\n") == std::string::npos) {
      auto got = co_await peer_->read_some(buffer, 5s);
      if (!got) co_return std::nullopt;
      input_.append(buffer, *got);
    }
    auto line = input_.substr(0, input_.find("\r\n"));
    input_.erase(0, line.size() + 2);
    co_return line;
  }
  net::task<> answer(std::string const& line) {
    if (line.starts_with("EHLO")) co_return co_await say(ehlo());
    if (line == "STARTTLS") {
      co_await say("220 go");
      co_return co_await shake_hands();
    }
    if (line.starts_with("AUTH PLAIN ")) co_return co_await log_in();
    if (line == "AUTH LOGIN") {
      co_await say("334 VXNlcm5hbWU6");
      co_await next_line();
      co_await say("334 UGFzc3dvcmQ6");
      co_await next_line();
      co_return co_await log_in();
    }
    bool refused = line.starts_with("RCPT") && !logged_in_ && !script_.open_relay;
    co_await say(refused ? "554 5.7.1 Relay access denied" : "250 2.0.0 Ok");
  }
  net::task<> log_in() {
    logged_in_ = script_.login_reply.starts_with("235");
    co_await say(script_.login_reply);
  }
  std::string ehlo() const {
    std::string out = "250-h\r\n";
    if (script_.start_tls && !secure_) out += "250-STARTTLS\r\n";
    if ((secure_ || script_.auth_in_clear) && !script_.mechanisms.empty())
      out += "250-AUTH " + script_.mechanisms + "\r\n";
    return out + "250 PIPELINING";
  }

  server_script script_;
  net::event_loop& loop_;
  std::shared_ptr<net::tls_context> tls_;
  std::uint16_t port_ = 0;
  std::optional<net::listener> listener_;
  std::unique_ptr<net::stream> peer_;
  std::string input_;
  bool secure_ = false;
  bool logged_in_ = false;
};

net::task<> run_probe(net::event_loop& loop, probe_request request, probe_listener to, shown& out) {
  out.worst = co_await probe(loop, std::move(request), std::move(to));
  loop.stop();
}

shown run_against(server_script script, std::string user, std::string_view password = "s3cret-Word") {
  net::event_loop loop;
  net::task_scope scope(loop);
  bool implicit = script.implicit_tls;
  scripted_server server(loop, std::move(script));
  scope.spawn(server.serve(), "server");
  shown out;
  probe_request request;
  request.host = "127.0.0.1";
  request.ports = {{server.port(), implicit ? tls_way::implicit : tls_way::start_tls, true}};
  request.user = std::move(user);
  request.password = secret(password);
  request.step_limit = 60s;
  probe_listener to;
  to.on_port = [](auto const&, auto const&, auto const&) {};
  to.on_line = [&out](bool, std::string_view line) { out.dialogue.emplace_back(line); };
  to.on_step = [&out](probe_step const& step) { out.steps.push_back(step); };
  scope.spawn(run_probe(loop, std::move(request), std::move(to), out), "probe");
  loop.run();
  for (auto const& line : out.dialogue) {
    EXPECT_FALSE(line.contains(encode_base64(std::string("\0u\0", 3) + std::string(password)))) << line;
    EXPECT_FALSE(line.contains(encode_base64(password))) << line;
    EXPECT_FALSE(line.contains(password)) << line;
  }
  return out;
}

TEST(port_probe, finds_a_good_server_good) {
  auto out = run_against({}, "u");
  for (auto const* step :
       {"greeting", "before TLS", "TLS", "under TLS", "relay without login", "login", "relay with login"}) {
    EXPECT_EQ(out.level_of(step), gravity::good) << step;
  }
  EXPECT_EQ(out.level_of("certificate"), gravity::warning);  // nobody vouches for it
  EXPECT_EQ(out.worst, gravity::warning);
}

TEST(port_probe, speaks_tls_from_the_first_octet) {
  auto out = run_against({.implicit_tls = true}, "u");
  EXPECT_FALSE(out.has_step("before TLS"));
  EXPECT_EQ(out.level_of("login"), gravity::good);
}

TEST(port_probe, logs_in_by_login_when_there_is_no_plain) {
  auto out = run_against({.mechanisms = "LOGIN"}, "u");
  EXPECT_EQ(out.level_of("login"), gravity::good);
  EXPECT_EQ(std::ranges::count(out.dialogue, "[credentials]"), 2);
}

TEST(port_probe, tells_faults) {
  struct row {
    char const* name;
    server_script script;
    char const* step;
    gravity want;
  };
  for (auto const& one :
       std::vector<row>{{"open relay", {.open_relay = true}, "relay without login", gravity::problem},
                        {"passwords in the clear", {.auth_in_clear = true}, "before TLS", gravity::warning},
                        {"no TLS", {.start_tls = false}, "before TLS", gravity::problem},
                        {"no AUTH", {.mechanisms = ""}, "under TLS", gravity::problem},
                        {"wrong password", {.login_reply = "535 5.7.8 no"}, "login", gravity::problem},
                        {"authd away", {.login_reply = "454 4.7.0 later"}, "login", gravity::problem}}) {
    auto out = run_against(one.script, "u");
    EXPECT_EQ(out.level_of(one.step), one.want) << one.name;
  }
}

TEST(port_probe, sends_nothing) {
  auto out = run_against({.open_relay = true}, "u");
  EXPECT_EQ(std::ranges::count(out.dialogue, "RSET"), 2);
  EXPECT_EQ(std::ranges::count(out.dialogue, "DATA"), 0);
}

TEST(port_probe, says_what_does_not_answer) {
  net::event_loop loop;
  net::task_scope scope(loop);
  // Bound and not listening, so that nobody else gets the port meanwhile.
  os::unique_fd const taken(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(taken.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address), 0);
  auto const port = os::local_port(taken.get());
  shown out;
  probe_request request;
  request.host = "127.0.0.1";
  request.ports = {{port, tls_way::start_tls, true}};
  probe_listener to{[](auto const&, auto const&, auto const&) {}, [](bool, std::string_view) {},
                    [&out](probe_step const& step) { out.steps.push_back(step); }};
  scope.spawn(run_probe(loop, std::move(request), std::move(to), out), "probe");
  loop.run();
  EXPECT_EQ(out.level_of("connect"), gravity::problem);
  EXPECT_EQ(out.worst, gravity::problem);
}

}  // namespace
}  // namespace postern::admin
