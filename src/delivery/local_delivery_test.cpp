#include "delivery/local_delivery.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "delivery/testing/fake_smtp_server.hpp"

namespace postern::delivery {
namespace {

using namespace testing;
namespace fs = std::filesystem;
using outcome = ipc::recipient_outcome;

constexpr auto patience = std::chrono::seconds(60);

// authd as far as USER goes: knows joe, and fails for broken.
class fake_authd {
 public:
  fake_authd(net::event_loop& loop, std::string const& path) : loop_(loop), scope_(loop) {
    os::unique_fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(socket.get(), 8), 0);
    listener_ = std::make_unique<net::listener>(loop, std::move(socket));
    scope_.spawn(accept_all(), "fake authd");
  }
  ~fake_authd() {
    loop_.post([this] {
      listener_->stop();
      scope_.cancel_all();
    });
    (void)run_until(loop_, [this] { return scope_.size() == 0; });
  }

 private:
  net::task<> accept_all() {
    for (;;) {
      auto socket = co_await listener_->accept();
      if (!socket) co_return;
      scope_.spawn(talk(std::make_unique<net::stream>(loop_, std::move(*socket))), "fake authd session");
    }
  }
  static net::task<> talk(std::unique_ptr<net::stream> with) {
    (void)co_await with->write("VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nDONE\n", patience);
    std::string input;
    char buffer[1024];
    for (;;) {
      auto got = co_await with->read_some(buffer, patience);
      if (!got) co_return;
      input.append(buffer, *got);
      for (auto end = input.find('\n'); end != std::string::npos; end = input.find('\n')) {
        auto answer = answer_to(input.substr(0, end));
        input.erase(0, end + 1);
        if (!answer.empty()) (void)co_await with->write(answer, patience);
      }
    }
  }
  static std::string answer_to(std::string const& line) {
    if (!line.starts_with("USER\t1\t")) return {};
    if (line.find("\tjoe") != std::string::npos) return "USER\t1\tjoe\n";
    if (line.find("\tbroken") != std::string::npos) return "FAIL\t1\ttemp\n";
    return "NOTFOUND\t1\n";
  }

  net::event_loop& loop_;
  std::unique_ptr<net::listener> listener_;
  net::task_scope scope_;
};

class local_delivery_test : public ::testing::Test {
 protected:
  local_delivery_test() {
    char name[] = "/tmp/postern-local-XXXXXX";
    root = ::mkdtemp(name);
    authd = std::make_unique<fake_authd>(loop, root + "/auth");
    local_settings settings;
    settings.mail_spool_directory = root + "/mail/";
    settings.recipient_delimiter = "+";
    settings.host_name = "mail.example.com";
    settings.private_server = true;
    mailer = std::make_unique<local_mailer>(loop, os::native_filesystem(), settings, root + "/auth");
  }
  ~local_delivery_test() override { fs::remove_all(root); }

  ipc::recipient_answer deliver(std::string const& address,
                                std::string const& content = "Subject: x\r\n\r\nhello\r\n") {
    ipc::delivery_request request;
    request.id = 1;
    request.queue_id = "0123456789ABCDEF";
    request.sender = "ann@example.org";
    request.arrival_unix_us = request.active_unix_us = 1700000000000000;
    request.content_octets = content.size();
    request.extents = {{0, content.size()}};
    request.recipients.push_back({address, {}, {}, {}});
    auto answer = run_on(loop, mailer->deliver(std::move(request), make_segment(content)));
    EXPECT_EQ(answer.recipients.size(), 1U);
    return answer.recipients.at(0);
  }
  std::vector<std::string> messages(std::string const& user) const {
    std::vector<std::string> out;
    auto directory = root + "/mail/" + user + "/new";
    if (!fs::exists(directory)) return out;
    for (auto const& entry : fs::directory_iterator(directory)) {
      std::ostringstream text;
      text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      out.push_back(text.str());
    }
    return out;
  }

  net::event_loop loop;
  std::string root;
  std::unique_ptr<fake_authd> authd;
  std::unique_ptr<local_mailer> mailer;
};

TEST_F(local_delivery_test, puts_the_message_into_the_maildir_of_the_account) {
  auto answer = deliver("Joe+Lists@example.com");
  EXPECT_EQ(answer.outcome, outcome::delivered) << answer.text;
  ASSERT_EQ(messages("joe").size(), 1U);
  EXPECT_EQ(messages("joe")[0],
            "Return-Path: <ann@example.org>\nX-Original-To: Joe+Lists@example.com\n"
            "Delivered-To: Joe+Lists@example.com\nSubject: x\n\nhello\n");
}

TEST_F(local_delivery_test, the_same_request_twice_is_one_message) {
  EXPECT_EQ(deliver("joe@example.com").outcome, outcome::delivered);
  EXPECT_EQ(deliver("joe@example.com").outcome, outcome::delivered);
  EXPECT_EQ(messages("joe").size(), 1U);
}

TEST_F(local_delivery_test, nobody_bounces_and_postmaster_never_does) {
  auto nobody = deliver("no-such-user-here@example.com");
  EXPECT_EQ(nobody.outcome, outcome::bounced);
  EXPECT_EQ(nobody.status, "5.1.1");
  EXPECT_EQ(deliver("PostMaster@example.com").outcome, outcome::delivered);
  EXPECT_EQ(messages("postmaster").size(), 1U);
}

TEST_F(local_delivery_test, a_loop_ends_as_a_bounce) {
  auto answer = deliver("joe@example.com", "Delivered-To: joe@example.com\r\nSubject: x\r\n\r\n");
  EXPECT_EQ(answer.outcome, outcome::bounced);
  EXPECT_EQ(answer.status, "5.4.6");
  EXPECT_TRUE(messages("joe").empty());
}

TEST_F(local_delivery_test, who_cannot_be_looked_up_waits) {
  EXPECT_EQ(deliver("broken@example.com").outcome, outcome::deferred);
  authd.reset();
  auto answer = deliver("joe@example.com");
  EXPECT_EQ(answer.outcome, outcome::deferred);
  EXPECT_EQ(answer.status, "4.3.0");
  EXPECT_NE(answer.text.find(root + "/auth"), std::string::npos) << answer.text;
}

TEST_F(local_delivery_test, a_mailbox_that_cannot_be_written_waits) {
  fs::create_directories(root + "/mail");
  std::ofstream(root + "/mail/joe") << "a file stands in the way";
  auto answer = deliver("joe@example.com");
  EXPECT_EQ(answer.outcome, outcome::deferred);
  EXPECT_NE(answer.text.find("maildir delivery failed"), std::string::npos);
}

}  // namespace
}  // namespace postern::delivery
