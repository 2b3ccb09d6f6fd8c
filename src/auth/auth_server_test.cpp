#include "auth/auth_server.hpp"

#include <mutex>
#include <thread>

#include <sys/socket.h>
#include <sys/un.h>

#include "auth/test_accounts.hpp"
#include "base/base64.hpp"
#include "base/log.hpp"

namespace postern::auth {
namespace {

using namespace std::chrono_literals;

sockaddr_un address_of(std::string const& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}
template <class Call>
os::unique_fd unix_socket(Call call, std::string const& path) {
  os::unique_fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto const address = address_of(path);
  EXPECT_EQ(call(fd.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address), 0) << path;
  return fd;
}

/// A front end as Postfix is one: blocking, one line after the other.
class front_end {
 public:
  explicit front_end(std::string const& path) : socket_(unix_socket(::connect, path)) {
    timeval const limit{60, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  void say(std::string_view text) {
    while (!text.empty()) {
      auto const put = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (put <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(put));
    }
  }
  /// "" at the end of the connection or when nothing comes.
  std::string hear() {
    while (input_.find('\n') == std::string::npos) {
      char octets[4096];
      auto const got = ::recv(socket_.get(), octets, sizeof octets, 0);
      if (got <= 0) return {};
      input_.append(octets, static_cast<std::size_t>(got));
    }
    auto const end = input_.find('\n');
    auto line = input_.substr(0, end);
    input_.erase(0, end + 1);
    return line;
  }
  void shake_hands() {
    std::string line;
    do line = hear();
    while (line != "DONE" && !line.empty());
    EXPECT_EQ(line, "DONE");
    say("VERSION\t1\t0\nCPID\t42\n");
  }

 private:
  os::unique_fd socket_;
  std::string input_;
};

std::string plain(int id, std::string_view user, std::string_view password) {
  return fmt::format("AUTH\t{}\tPLAIN\tservice=smtp\tsecured\tresp={}\n", id,
                     encode_base64('\0' + std::string(user) + '\0' + std::string(password)));
}

class auth_server_test : public testing::Test {
 protected:
  auth_server_test() {
    log::set_sink([this](log::level, std::string_view line) {
      std::scoped_lock const lock(mutex_);
      log_.emplace_back(line);
    });
    accounts_.add("joe", "secret");
  }
  ~auth_server_test() override {
    if (thread_.joinable()) stop();
    log::set_sink([](log::level, std::string_view) {});
  }

  void start(auth_server::options how) {
    if (!how.verification.sources) how.verification.sources = accounts_.sources();
    how.verification.server_secret = secret("server secret");
    how.session.failure_delay = failure_delay_;
    auto listening = unix_socket(::bind, path());
    ASSERT_EQ(::listen(listening.get(), 100), 0);
    server_ = std::make_unique<auth_server>(loop_, std::move(how));
    server_->serve(std::move(listening));
    thread_ = std::thread([this] { loop_.run(); });
  }
  void start() { start({}); }

  net::task<> stop_server() {
    co_await server_->shut_down(30s);
    loop_.stop();
  }
  void stop() {
    net::task_scope ending(loop_);
    loop_.post([&] { ending.spawn(stop_server(), "stopping"); });
    thread_.join();
    server_.reset();
  }

  std::string path() const { return accounts_.directory() + "/auth"; }
  bool logged(std::string_view text) {
    std::scoped_lock const lock(mutex_);
    return std::ranges::any_of(log_, [&](auto const& line) { return line.find(text) != std::string::npos; });
  }

  test_accounts accounts_;
  std::chrono::milliseconds failure_delay_ = 300ms;
  net::event_loop loop_;
  std::unique_ptr<auth_server> server_;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<std::string> log_;
};

TEST_F(auth_server_test, logs_in_and_refuses) {
  start();
  front_end client(path());
  client.shake_hands();
  client.say(plain(1, "joe", "secret"));
  EXPECT_EQ(client.hear(), "OK\t1\tuser=joe");
  auto const begun = std::chrono::steady_clock::now();
  client.say(plain(2, "joe", "wrong"));
  EXPECT_EQ(client.hear(), "FAIL\t2\tuser=joe");
  EXPECT_GE(std::chrono::steady_clock::now() - begun, failure_delay_);
  client.say(plain(3, "nobody", "wrong"));
  EXPECT_EQ(client.hear(), "FAIL\t3\tuser=nobody");
  EXPECT_TRUE(logged("user=joe, method=PLAIN, service=smtp: login accepted, source=accounts"));
  EXPECT_TRUE(logged("reason=wrong_password"));
  EXPECT_TRUE(logged("reason=unknown_user"));
}

TEST_F(auth_server_test, exim_may_wait_for_done_before_it_says_a_word) {
  start();
  front_end client(path());
  std::string line;
  do line = client.hear();
  while (line != "DONE" && !line.empty());
  client.say("VERSION\t1\t0\nCPID\t42\n" + plain(1, "joe", "secret"));
  EXPECT_EQ(client.hear(), "OK\t1\tuser=joe");
}

TEST_F(auth_server_test, a_success_does_not_wait_behind_failures) {
  failure_delay_ = 1h;
  start();
  front_end client(path());
  client.shake_hands();
  client.say(plain(1, "joe", "wrong") + plain(2, "joe", "secret"));
  EXPECT_EQ(client.hear(), "OK\t2\tuser=joe");
}

TEST_F(auth_server_test, a_thousand_exchanges_run_on_one_connection) {
  auth_server::options how;
  how.verification.queue_max = 2000;
  start(how);
  front_end client(path());
  client.shake_hands();
  constexpr int count = 1000;
  std::string all;
  for (int id = 1; id <= count; ++id) all += fmt::format("AUTH\t{}\tLOGIN\tservice=smtp\tsecured\n", id);
  for (int id = 1; id <= count; ++id) all += fmt::format("CONT\t{}\t{}\n", id, encode_base64("joe"));
  for (int id = 1; id <= count; ++id) {
    all += fmt::format("CONT\t{}\t{}\n", id, encode_base64(id % 2 == 0 ? "secret" : "wrong"));
  }
  std::thread writer([&] { client.say(all); });
  int accepted = 0;
  int refused = 0;
  for (int line = 0; line < 3 * count; ++line) {
    auto const heard = client.hear();
    if (heard.starts_with("OK\t")) ++accepted;
    if (heard.starts_with("FAIL\t")) ++refused;
    if (heard.empty()) break;
  }
  writer.join();
  EXPECT_EQ(accepted, count / 2);
  EXPECT_EQ(refused, count / 2);
}

TEST_F(auth_server_test, a_front_end_that_breaks_the_protocol_hurts_itself_only) {
  start();
  front_end good(path());
  good.shake_hands();
  for (std::string const& bad : {std::string("NONSENSE\n"), std::string(20000, 'x'), std::string("AUTH\t0\n")}) {
    front_end client(path());
    client.shake_hands();
    client.say(bad);
    EXPECT_EQ(client.hear(), "");
  }
  front_end leaves_early(path());
  leaves_early.say(plain(1, "joe", "secret"));
  good.say(plain(1, "joe", "secret"));
  EXPECT_EQ(good.hear(), "OK\t1\tuser=joe");
}

TEST_F(auth_server_test, cut_at_every_offset_a_request_is_answered_once) {
  start();
  front_end client(path());
  client.shake_hands();
  auto const request = plain(1, "joe", "secret");
  for (std::size_t cut = 0; cut <= request.size(); ++cut) {
    client.say(request.substr(0, cut));
    client.say(request.substr(cut));
    EXPECT_EQ(client.hear(), "OK\t1\tuser=joe") << cut;
  }
}

TEST_F(auth_server_test, takes_only_so_many_connections) {
  auth_server::options how;
  how.connections_max = 2;
  start(how);
  front_end first(path());
  first.shake_hands();
  front_end second(path());
  second.shake_hands();
  for (auto* const each : {&first, &second}) {
    each->say(plain(9, "joe", "secret"));
    EXPECT_EQ(each->hear(), "OK\t9\tuser=joe");
  }
  front_end third(path());
  EXPECT_EQ(third.hear(), "");
  EXPECT_TRUE(logged("authd_connection_limit"));
  first.say(plain(1, "joe", "secret"));
  EXPECT_EQ(first.hear(), "OK\t1\tuser=joe");
}

TEST_F(auth_server_test, who_says_nothing_gives_way) {
  auth_server::options how;
  how.connections_max = 2;
  start(how);
  front_end first(path());
  first.shake_hands();
  first.say(plain(1, "joe", "secret"));
  EXPECT_EQ(first.hear(), "OK\t1\tuser=joe");
  front_end silent(path());
  front_end half_a_line(path());
  half_a_line.say("VERSION\t1");
  front_end last(path());
  last.shake_hands();
  last.say(plain(1, "joe", "secret"));
  EXPECT_EQ(last.hear(), "OK\t1\tuser=joe");
  first.say(plain(2, "joe", "secret"));
  EXPECT_EQ(first.hear(), "OK\t2\tuser=joe");
  EXPECT_TRUE(logged("never said anything"));
}

TEST_F(auth_server_test, tells_who_exists) {
  start();
  front_end client(path());
  client.shake_hands();
  client.say("USER\t1\tjoe\tservice=smtp\nUSER\t2\tno-such-user\tservice=smtp\nUSER\t3\troot\tservice=smtp\n");
  EXPECT_EQ(client.hear(), "USER\t1\tjoe");
  EXPECT_EQ(client.hear(), "NOTFOUND\t2");
  EXPECT_TRUE(client.hear().starts_with("USER\t3\troot"));
}

TEST_F(auth_server_test, stopping_answers_what_was_asked) {
  start();
  front_end client(path());
  client.shake_hands();
  client.say(plain(1, "joe", "wrong"));
  while (!logged("reason=wrong_password")) std::this_thread::sleep_for(1ms);
  stop();
  EXPECT_EQ(client.hear(), "FAIL\t1\tuser=joe");
  EXPECT_EQ(client.hear(), "");
}

std::string offer_of(front_end& client) {
  std::string all;
  for (auto line = client.hear(); line != "DONE" && !line.empty(); line = client.hear()) {
    if (line.starts_with("MECH\t")) all += line.substr(5, line.find('\t', 5) - 5) + " ";
  }
  return all;
}

TEST_F(auth_server_test, offers_what_the_accounts_can_do_now) {
  std::vector<std::string> const named{"SCRAM-SHA-256", "PLAIN"};
  auth_server::options how;
  how.session.mechanisms = named;
  how.offer = make_offer_chooser(named, {.sources = {}});
  how.offer_interval = 1s;
  start(std::move(how));
  front_end ours(path());
  front_end other(path());
  EXPECT_EQ(offer_of(ours), "SCRAM-SHA-256 PLAIN ");
  EXPECT_EQ(offer_of(other), "SCRAM-SHA-256 PLAIN ");
  ours.say("VERSION\t1\t0\nAUTH\t1\tPLAIN\tservice=smtp\tsession=S1\tsecured\tresp=" +
           encode_base64(std::string("\0joe\0secret", 11)) + "\n");
  EXPECT_EQ(ours.hear(), "OK\t1\tuser=joe");

  // An imported account has no SCRAM keys, and its first login makes them.
  auto store = accounts_.open();
  ASSERT_TRUE(
      store.add("ann", {.imported = "{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M="}, std::chrono::system_clock::now()).value());
  EXPECT_EQ(offer_of(ours), "PLAIN ");
  EXPECT_EQ(other.hear(), "") << "closed: nothing was begun on it";
  front_end later(path());
  EXPECT_EQ(offer_of(later), "PLAIN ");
  later.say("VERSION\t1\t0\n" + plain(1, "ann", "test"));
  EXPECT_EQ(later.hear(), "OK\t1\tuser=ann");
  EXPECT_EQ(offer_of(ours), "SCRAM-SHA-256 PLAIN ");
}

TEST_F(auth_server_test, tells_what_expires) {
  auto const passed = std::make_shared<std::atomic<std::chrono::seconds>>(0s);
  auto const begun = std::chrono::system_clock::now();
  auth_server::options how;
  how.poll_interval = 5ms;
  how.verification.sources = accounts_.sources([begun, passed] { return begun + passed->load(); });
  start(std::move(how));
  front_end client(path());
  client.shake_hands();
  client.say("AUTH\t1\tPLAIN\tservice=smtp\tsession=S1\tsecured\tresp=" +
             encode_base64(std::string("\0joe\0secret", 11)) + "\n");
  EXPECT_EQ(client.hear(), "OK\t1\tuser=joe");
  ASSERT_TRUE(accounts_.open().set_expiry("joe", begun + 1h, begun).value());
  client.say(plain(3, "joe", "secret"));
  EXPECT_EQ(client.hear(), "OK\t3\tuser=joe") << "an expiry that lies ahead is none";
  *passed = 1h + 1s;
  EXPECT_EQ(client.hear(), "REVOKED\tjoe");
  client.say(plain(2, "joe", "secret"));
  EXPECT_EQ(client.hear(), "FAIL\t2\tuser=joe");
}

TEST_F(auth_server_test, a_revocation_is_told_before_the_login_with_what_came_after_it) {
  start({.poll_interval = 1h});  // so that no poll tells it meanwhile
  front_end client(path());
  client.shake_hands();
  auto const in_session = [](std::string_view id, std::string_view password) {
    return fmt::format("AUTH\t{0}\tPLAIN\tservice=smtp\tsession=S{0}\tsecured\tresp={1}\n", id,
                       encode_base64(std::string("\0joe\0", 5).append(password)));
  };
  client.say(in_session("1", "secret"));
  EXPECT_EQ(client.hear(), "OK\t1\tuser=joe");
  auto const fresh = make_verifiers(secret("newer"), cheap_costs).value();
  ASSERT_TRUE(accounts_.open().set_verifiers("joe", fresh, wall_time::clock::now()).value());
  client.say(in_session("2", "newer"));
  EXPECT_EQ(client.hear(), "REVOKED\tjoe\t");
  EXPECT_EQ(client.hear(), "OK\t2\tuser=joe");
  // Told twice, the front end would end the new session too.
  client.say(in_session("3", "newer"));
  EXPECT_EQ(client.hear(), "OK\t3\tuser=joe");
}

TEST_F(auth_server_test, a_front_end_that_comes_back_hears_what_it_has_missed) {
  auto const now = wall_time::clock::now();
  auto store = accounts_.open();
  ASSERT_TRUE(store.set_verifiers("joe", make_verifiers(secret("newer"), cheap_costs).value(), now - 10s).value());
  accounts_.add("ann", "test");
  ASSERT_TRUE(store.set_locked("ann", true, now - 100s).value());
  start();
  auto const ask = [&](std::chrono::seconds ago) {
    auto const since = std::chrono::floor<std::chrono::seconds>((now - ago).time_since_epoch()).count();
    front_end client(path());
    client.shake_hands();
    client.say(fmt::format("AUTH\t1\tPLAIN\tservice=smtp\tsession=-\tsecured\trevoked-since={}\nCANCEL\t1\n", since));
    client.say(plain(2, "joe", "newer"));
    std::vector<std::string> heard;
    do heard.push_back(client.hear());
    while (!heard.back().starts_with("OK") && !heard.back().empty());
    return heard;
  };
  using lines = std::vector<std::string>;
  EXPECT_EQ(ask(5s), (lines{"CONT\t1\t", "OK\t2\tuser=joe"}));
  EXPECT_EQ(ask(50s), (lines{"REVOKED\tjoe\t", "CONT\t1\t", "OK\t2\tuser=joe"}));
  EXPECT_EQ(ask(500s).size(), 4U) << "ann was locked";
}

}  // namespace
}  // namespace postern::auth
