#include "delivery/queue_service.hpp"

#include <deque>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "delivery/agent.hpp"
#include "delivery/content_source.hpp"
#include "delivery/queue_admin.hpp"
#include "delivery/testing/fake_smtp_server.hpp"

namespace postern::delivery {
namespace {

using namespace testing;
namespace fs = std::filesystem;
using outcome = ipc::recipient_outcome;

constexpr auto patience = std::chrono::seconds(60);

std::pair<os::unique_fd, os::unique_fd> make_socket_pair() {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
  return {os::unique_fd(ends[0]), os::unique_fd(ends[1])};
}

os::unique_fd listen_on(std::string const& path) {
  ::unlink(path.c_str());
  os::unique_fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(socket.get(), 8), 0);
  return socket;
}

// What smtpd does: one segment, messages into it, notices when asked to.
class fake_writer {
 public:
  fake_writer(net::event_loop& loop, queue_service& queue) : made_(make_socket_pair()) {
    queue.serve_writer(std::move(made_.first));
    channel_ = std::make_unique<ipc::channel>(loop, std::move(made_.second));
    channel_->post(ipc::format_hello(1));
    channel_->post(ipc::format_segment_wanted());
    auto in = run_on(loop, channel_->receive(patience));
    auto grant = ipc::parse_segment(in.value()).value();
    ids_.emplace(queue::writer_number{static_cast<std::uint16_t>(grant.writer)});
    writer_.emplace(os::adopt_append_file(std::move(in->descriptors.front()), "segment"),
                    queue::segment_id{grant.segment});
  }

  queue::queue_id commit(std::string const& sender, std::vector<std::string> const& recipients, bool tell = true) {
    queue::envelope env;
    env.id = ids_->next(std::chrono::system_clock::now());
    env.arrival = std::chrono::system_clock::now();
    env.sender = sender;
    env.session.session_id = "S1";
    for (auto const& address : recipients) env.recipients.push_back({address, {}, 0, queue::recipient_class::remote});
    queue::message_builder builder(env);
    builder.append("Subject: x\r\n\r\nbody\r\n");
    auto record = builder.finish(14);
    auto length = record.size();
    auto at = writer_->append_synced(std::move(record)).value();
    if (tell) channel_->post(ipc::format_committed({at.segment.value, at.offset, length}));
    return env.id;
  }

 private:
  std::pair<os::unique_fd, os::unique_fd> made_;
  std::unique_ptr<ipc::channel> channel_;
  std::optional<queue::queue_id_generator> ids_;
  std::optional<queue::segment_writer> writer_;
};

class queue_service_test : public ::testing::Test {
 protected:
  queue_service_test() {
    char name[] = "/tmp/postern-queue-XXXXXX";
    root = ::mkdtemp(name);
    for (auto const* transport : {"smtp", "local"}) {
      agents.push_back(std::make_unique<agent>(loop, [this](ipc::delivery_request request, os::unique_fd segment) {
        return deliver(std::move(request), std::move(segment));
      }));
      agents.back()->serve(listen_on(root + "/" + transport));
    }
    start();
  }
  ~queue_service_test() override {
    stop();
    run_on(loop, stop_agents());
    fs::remove_all(root);
  }

  net::task<bool> stop_agents() {
    for (auto& one : agents) co_await one->stop(patience);
    co_return true;
  }

  void start() {
    auto settings = config::settings::load_text(
        "myhostname = mail.example.com\nmydestination = example.com\nminimal_backoff_time = 1000s\n", {});
    auto values = load_queue_settings(*settings);
    values.spool_directory = root + "/spool";
    auto routes = router::load(*settings);
    queue = std::make_unique<queue_service>(loop, os::native_filesystem(), values, std::move(*routes));
    ASSERT_TRUE(queue->recover());
    queue->start({{"smtp", root + "/smtp"}, {"local", root + "/local"}});
  }
  void stop() {
    if (!queue) return;
    run_on(loop, queue->stop(patience));
    queue.reset();
  }

  // Says what `say` wants for an address; remembers what arrived.
  net::task<ipc::delivery_answer> deliver(ipc::delivery_request request, os::unique_fd segment) {
    content_source content(std::move(segment), request.extents);
    std::string text(request.content_octets, '\0');
    EXPECT_EQ(content.read(text).value(), text.size());
    ipc::delivery_answer answer{request.id, ipc::destination_hint::good, {}, {}};
    for (std::uint64_t i = 0; i < request.recipients.size(); ++i) {
      auto const& address = request.recipients[i].address;
      auto is = say ? say(address) : outcome::delivered;
      if (is == outcome::delivered) delivered.push_back({address, request.transport, request.sender, text});
      answer.recipients.push_back(
          {i, is, is == outcome::delivered ? "2.0.0" : "4.2.0", "says the test", {}, {}, false});
    }
    co_return answer;
  }

  std::size_t segments() const {
    std::size_t count = 0;
    for (auto const& entry : fs::directory_iterator(root + "/spool/segments")) count += entry.is_regular_file() ? 1 : 0;
    return count;
  }
  bool wait_for_deliveries(std::size_t count) {
    return run_until(loop, [&] { return delivered.size() >= count; });
  }
  bool wait_for_empty_queue() {
    return run_until(loop, [&] { return queue->mind().counts().messages == 0; });
  }

  struct arrival {
    std::string address, transport, sender, content;
  };
  net::event_loop loop;
  std::string root;
  std::vector<std::unique_ptr<agent>> agents;
  std::unique_ptr<queue_service> queue;
  std::function<outcome(std::string const&)> say;
  std::vector<arrival> delivered;
};

TEST_F(queue_service_test, delivers_what_was_committed_and_removes_the_segment) {
  {
    fake_writer writer(loop, *queue);
    writer.commit("joe@example.com", {"a@example.org", "b@example.org", "ann@example.com"});
    ASSERT_TRUE(wait_for_deliveries(3));
    EXPECT_TRUE(wait_for_empty_queue());
    EXPECT_EQ(segments(), 1U) << "a living writer's segment must stay";
  }
  for (auto const& one : delivered) {
    EXPECT_EQ(one.transport, one.address == "ann@example.com" ? "local" : "smtp");
    EXPECT_EQ(one.content, "Subject: x\r\n\r\nbody\r\n");
  }
  EXPECT_TRUE(run_until(loop, [&] { return segments() == 0; }));
}

TEST_F(queue_service_test, finds_what_a_dead_writer_did_not_tell) {
  {
    fake_writer writer(loop, *queue);
    writer.commit("joe@example.com", {"told@example.org"});
    writer.commit("joe@example.com", {"untold@example.org"}, false);
  }
  ASSERT_TRUE(wait_for_deliveries(2));
  EXPECT_TRUE(wait_for_empty_queue());
  EXPECT_EQ(delivered.size(), 2U);
}

TEST_F(queue_service_test, a_restart_goes_on_where_it_was) {
  fake_writer writer(loop, *queue);
  say = [](std::string const& address) {
    return address.starts_with("later") ? outcome::deferred : outcome::delivered;
  };
  auto id = writer.commit("joe@example.com", {"now@example.org", "later@example.org"});
  ASSERT_TRUE(wait_for_deliveries(1));
  ASSERT_TRUE(run_until(loop, [&] { return queue->mind().show(id)->attempts == 1; }));
  stop();
  say = {};
  start();
  ASSERT_TRUE(queue->mind().show(id));
  EXPECT_TRUE(queue->mind().flush(id));
  queue->kick();
  ASSERT_TRUE(wait_for_deliveries(2));
  EXPECT_TRUE(wait_for_empty_queue());
  EXPECT_EQ(delivered.size(), 2U) << "the first recipient got it twice";
  EXPECT_EQ(delivered[1].address, "later@example.org");
}

TEST_F(queue_service_test, a_bounce_reaches_the_sender_once) {
  fake_writer writer(loop, *queue);
  say = [](std::string const& address) { return address.starts_with("gone") ? outcome::bounced : outcome::delivered; };
  writer.commit("joe@example.com", {"gone@example.org"});
  ASSERT_TRUE(wait_for_deliveries(1));
  EXPECT_TRUE(wait_for_empty_queue());
  ASSERT_EQ(delivered.size(), 1U);
  EXPECT_EQ(delivered[0].address, "joe@example.com");
  EXPECT_EQ(delivered[0].transport, "local");
  EXPECT_EQ(delivered[0].sender, "");
  EXPECT_NE(delivered[0].content.find("gone@example.org"), std::string::npos);
  writer.commit("", {"gone@example.org"});
  EXPECT_TRUE(run_until(loop, [&] { return queue->mind().counts().messages == 0; }));
  EXPECT_EQ(delivered.size(), 1U) << "a bounce bounced";
}

TEST_F(queue_service_test, the_admin_socket_lists_holds_releases_and_deletes) {
  fake_writer writer(loop, *queue);
  say = [](std::string const&) { return outcome::deferred; };
  auto id = queue::format_queue_id(writer.commit("joe@example.com", {"a@example.org"}));
  ASSERT_TRUE(run_until(loop, [&] {
    auto shown = queue->mind().show(*queue::parse_queue_id(id));
    return shown && shown->attempts == 1;
  }));
  queue_admin admin(loop, *queue);
  struct reply {
    std::vector<ipc::queue_row> rows;
    std::string text;
    ipc::admin_done done;
  };
  auto ask = [&](ipc::queue_verb verb, std::string const& subject) {
    auto [ours, theirs] = make_socket_pair();
    admin.serve_connection(std::move(theirs));
    ipc::channel channel(loop, std::move(ours));
    channel.post(ipc::format_admin_request({verb, subject}));
    reply out;
    for (;;) {
      auto in = run_on(loop, channel.receive(patience)).value();
      if (auto row = ipc::parse_queue_row(in)) out.rows.push_back(*row);
      if (auto text = ipc::parse_admin_text(in)) out.text += *text;
      if (auto done = ipc::parse_admin_done(in)) {
        out.done = *done;
        return out;
      }
    }
  };
  auto listed = ask(ipc::queue_verb::list, "");
  ASSERT_EQ(listed.rows.size(), 1U);
  EXPECT_EQ(listed.rows[0].queue_id, id);
  EXPECT_EQ(listed.rows[0].place, ipc::queue_place::deferred);
  EXPECT_EQ(listed.rows[0].sender, "joe@example.com");
  ASSERT_EQ(listed.rows[0].recipients.size(), 1U);
  EXPECT_EQ(listed.rows[0].recipients[0].reason, "4.2.0 says the test");
  EXPECT_EQ(ask(ipc::queue_verb::show, id).text, "Subject: x\r\n\r\n");
  EXPECT_TRUE(ask(ipc::queue_verb::hold, id).done.ok);
  EXPECT_EQ(ask(ipc::queue_verb::list, "").rows[0].place, ipc::queue_place::hold);
  EXPECT_TRUE(ask(ipc::queue_verb::release, "ALL").done.ok);
  EXPECT_NE(ask(ipc::queue_verb::list, "").rows[0].place, ipc::queue_place::hold);
  EXPECT_FALSE(ask(ipc::queue_verb::hold, "0000000000000000").done.ok);
  EXPECT_EQ(ask(ipc::queue_verb::remove, id).done.count, 1U);
  EXPECT_TRUE(ask(ipc::queue_verb::list, "").rows.empty());
  EXPECT_TRUE(run_on(loop, admin.stop()));
}

TEST_F(queue_service_test, a_delivery_program_that_dies_gets_the_mail_again) {
  fake_writer writer(loop, *queue);
  writer.commit("joe@example.com", {"a@example.org"});
  ASSERT_TRUE(wait_for_deliveries(1));
  run_on(loop, agents[0]->stop(patience));
  agents[0].reset();
  writer.commit("joe@example.com", {"b@example.org"});
  run_until(loop, [&] { return queue->mind().counts().deliveries == 1; });
  agents[0] = std::make_unique<agent>(loop, [this](ipc::delivery_request request, os::unique_fd segment) {
    return deliver(std::move(request), std::move(segment));
  });
  agents[0]->serve(listen_on(root + "/smtp"));
  ASSERT_TRUE(wait_for_deliveries(2));
  EXPECT_TRUE(wait_for_empty_queue());
  EXPECT_EQ(delivered[1].address, "b@example.org");
}

}  // namespace
}  // namespace postern::delivery
