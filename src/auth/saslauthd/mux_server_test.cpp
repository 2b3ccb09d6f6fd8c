#include "auth/saslauthd/mux_server.hpp"

#include <unistd.h>

#include <atomic>
#include <semaphore>
#include <thread>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/log.hpp"
#include "os/listening_socket.hpp"

namespace postern::auth::saslauthd {
namespace {

using namespace std::chrono_literals;
using code = password_answer::code;
namespace mux = sasl::mux;

std::atomic<int> checks = 0;
std::atomic<bool> broken = false;

std::counting_semaphore<> finish_slow{0};

// "right" is right; "slow" takes until the test lets it go; "delayed" has its answer held back, "kept" for very long.
class fake_backend : public password_backend {
 public:
  password_answer check(password_question const& question) override {
    ++checks;
    if (question.login == "slow") finish_slow.acquire();
    if (question.password.reveal() == "right") return {.outcome = code::yes};
    return {.outcome = code::no,
            .reply = "Incorrect password",
            .delay = question.login == "kept" ? 1h : std::chrono::milliseconds(question.login == "delayed" ? 50 : 0)};
  }
};

result<std::unique_ptr<password_backend>> make_fake(backend_options const&) {
  if (broken) return fail("broken");
  return std::make_unique<fake_backend>();
}

constexpr backend_row quick_row{.name = "fake", .meaning = "", .quick = true, .make = make_fake};
constexpr backend_row slow_row{.name = "fake", .meaning = "", .quick = false, .make = make_fake};

std::string counted(std::string_view text) {
  std::string out{static_cast<char>(text.size() >> 8U), static_cast<char>(text.size() & 0xffU)};
  return out += text;
}
std::string request(std::string_view login, std::string_view password) {
  return counted(login) + counted(password) + counted("smtp") + counted("example.org");
}

class client {
 public:
  explicit client(std::string const& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<sockaddr const*>(&to), sizeof to), 0);
    timeval const limit{.tv_sec = 60, .tv_usec = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  void write(std::string_view octets) {
    EXPECT_EQ(::send(socket_.get(), octets.data(), octets.size(), MSG_NOSIGNAL), static_cast<ssize_t>(octets.size()));
  }
  /// Everything until the server closes, without its length.
  std::string read_all() {
    std::string out;
    char piece[256];
    for (ssize_t got = 0; (got = ::recv(socket_.get(), piece, sizeof piece, 0)) > 0;) {
      out.append(piece, static_cast<std::size_t>(got));
    }
    return out.size() < 2 ? out : out.substr(2);
  }

 private:
  os::unique_fd socket_;
};

class mux_server_test : public testing::Test {
 protected:
  void SetUp() override {
    log::set_sink([](log::level, std::string_view) {});
    checks = 0;
    broken = false;
    path_ = "/tmp/mux-test-" + std::to_string(::getpid());
  }
  void TearDown() override {
    stop();
    ::unlink(path_.c_str());
  }
  void start(mux_server_options options) {
    options.mechanism = "fake";
    if (options.row == nullptr) options.row = &quick_row;
    server_ = std::move(*mux_server::make(std::move(options)));
    server_->serve(std::move(*os::listen_unix(path_, 0600)));
    thread_ = std::thread([this] {
      auto wait = 0ms;
      while (!stop_) wait = std::min<std::chrono::milliseconds>(server_->step(wait), 20ms);
    });
  }
  void stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    server_.reset();
  }
  std::string ask(std::string_view login, std::string_view password) {
    client one(path_);
    one.write(request(login, password));
    return one.read_all();
  }

  /// Clients who say nothing.
  std::vector<std::unique_ptr<client>> connect_crowd() const {
    std::vector<std::unique_ptr<client>> crowd(50);
    for (auto& each : crowd) each = std::make_unique<client>(path_);
    return crowd;
  }

  std::string path_;
  std::unique_ptr<mux_server> server_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

TEST_F(mux_server_test, answers_on_the_loop_and_from_the_pool) {
  for (auto const* row : {&quick_row, &slow_row}) {
    stop_ = false;
    start({.row = row});
    EXPECT_EQ(ask("joe", "right"), "OK");
    EXPECT_EQ(ask("joe", "wrong"), "NO Incorrect password");
    EXPECT_EQ(ask("", "right"), "NO NULL login received");
    EXPECT_EQ(ask("joe", ""), "NO NULL password received");
    stop();
  }
}

TEST_F(mux_server_test, takes_requests_in_any_pieces) {
  start({});
  auto const octets = request("joe", "right");
  client slow(path_);
  for (char const& each : octets) slow.write({&each, 1});
  EXPECT_EQ(slow.read_all(), "OK");
  client exim(path_);
  for (auto const* each : {"joe", "right", "", ""}) exim.write(counted(each));
  EXPECT_EQ(exim.read_all(), "OK");
  client five(path_);
  five.write(octets + counted("192.0.2.7;25"));
  EXPECT_EQ(five.read_all(), "OK");
}

TEST_F(mux_server_test, refuses_strings_over_the_limit) {
  start({.string_max = 256});
  EXPECT_EQ(ask("joe", std::string(256, 'x')), "NO Incorrect password");
  client one(path_);
  one.write(counted("joe") + counted(std::string(257, 'x')).substr(0, 100));
  one.write("more");
  ::usleep(1000);
  one.write("and more");
  client two(path_);
  two.write(request("joe", std::string(257, 'x')));
  EXPECT_EQ(checks, 1);
}

TEST_F(mux_server_test, takes_strings_of_64_kib) {
  start({});
  EXPECT_EQ(ask("joe", std::string(65535, 'x')), "NO Incorrect password");
}

TEST_F(mux_server_test, silent_clients_stop_nobody) {
  start({.connections_max = 8});
  auto const silent = connect_crowd();
  EXPECT_EQ(ask("joe", "right"), "OK");
}

TEST_F(mux_server_test, silent_clients_are_sent_away) {
  start({.timeout = 1s, .connections_max = 8});
  auto const silent = connect_crowd();
  for (auto const& each : silent) EXPECT_EQ(each->read_all(), "");
}

TEST_F(mux_server_test, a_request_that_is_cut_gets_no_answer) {
  start({.timeout = 1s});
  client one(path_);
  one.write(request("joe", "right").substr(0, 10));
  EXPECT_EQ(one.read_all(), "");
  EXPECT_EQ(checks, 0);
}

TEST_F(mux_server_test, slow_checks_and_held_back_answers_block_nobody) {
  start({.row = &slow_row, .workers = 2});
  client slow(path_);
  slow.write(request("slow", "right"));
  client kept(path_);
  kept.write(request("kept", "wrong"));
  EXPECT_EQ(ask("joe", "right"), "OK");
  auto const begin = std::chrono::steady_clock::now();
  EXPECT_EQ(ask("delayed", "wrong"), "NO Incorrect password");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 50ms);
  finish_slow.release();
  EXPECT_EQ(slow.read_all(), "OK");
}

TEST_F(mux_server_test, caches_successes_until_a_check_of_that_login_fails) {
  start({.row = &slow_row, .cache = credential_cache::options{}});
  EXPECT_EQ(ask("joe", "right"), "OK");
  EXPECT_EQ(ask("joe", "right"), "OK");
  EXPECT_EQ(checks, 1);
  EXPECT_EQ(ask("joe", "wrong"), "NO Incorrect password");
  EXPECT_EQ(ask("joe", "wrong"), "NO Incorrect password");
  EXPECT_EQ(checks, 3);
  EXPECT_EQ(ask("joe", "right"), "OK");
  EXPECT_EQ(checks, 4);
}

TEST_F(mux_server_test, a_configuration_that_does_not_load_leaves_the_old_one) {
  start({.row = &slow_row});
  EXPECT_EQ(ask("joe", "right"), "OK");
  stop_ = true;
  thread_.join();
  broken = true;
  EXPECT_FALSE(server_->reload());
  stop_ = false;
  thread_ = std::thread([this] {
    while (!stop_) server_->step(20ms);
  });
  EXPECT_EQ(ask("joe", "right"), "OK");
  broken = false;
}

}  // namespace
}  // namespace postern::auth::saslauthd
