// A whole smtpd in one process: a scripted client on a socket, a scripted queue manager behind it, a real spool
// segment.
#include "receive/smtp_server.hpp"

#include <fcntl.h>

#include <filesystem>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "os/filesystem.hpp"
#include "queue/segment_reader.hpp"

namespace postern::receive {
namespace {

using namespace std::chrono_literals;

class scratch_directory {
 public:
  scratch_directory() {
    std::string pattern = testing::TempDir() + "postern-receive-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~scratch_directory() { std::filesystem::remove_all(path_); }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

os::unique_fd listen_unix(std::string const& path) {
  os::unique_fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(socket.get(), 8), 0);
  return socket;
}

os::unique_fd listen_inet(net::endpoint& at) {
  os::unique_fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(socket.get(), 8), 0);
  at = *net::local_endpoint(socket.get());
  return socket;
}

constexpr std::uint64_t segment_number = 0x1234;

struct scripted_queue {
  std::string segment_path;
  bool refuse = false;
  std::vector<ipc::committed_notice> notices;
};

net::task<> play_queue(net::listener& from, net::event_loop& loop, scripted_queue& queue) {
  auto accepted = co_await from.accept();
  if (!accepted) co_return;
  ipc::channel channel(loop, std::move(*accepted));
  for (;;) {
    auto in = co_await channel.receive(1h);
    if (!in) co_return;
    auto type = static_cast<ipc::queue_message>(in->type);
    if (type == ipc::queue_message::segment_wanted && queue.refuse)
      channel.post(ipc::format_refused("the disk is full"));
    else if (type == ipc::queue_message::segment_wanted) {
      os::unique_fd fd(::open(queue.segment_path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
      channel.post(ipc::format_segment({segment_number, 7, 1 << 20}, std::move(fd)));
    } else if (type == ipc::queue_message::committed) {
      queue.notices.push_back(*ipc::parse_committed(*in));
    }
  }
}

/// Sends each piece when the replies to the one before have come; `transcript` holds all that the server said.
net::task<> play_client(net::event_loop& loop, net::endpoint to, std::vector<std::string> pieces,
                        std::string& transcript, bool& done) {
  auto connected = co_await net::connect_tcp(loop, to, 30s);
  EXPECT_TRUE(connected.has_value());
  char buffer[4096];
  for (auto const& piece : pieces) {
    auto got = co_await (*connected)->read_some(buffer, 30s);
    if (!got) break;
    transcript.append(buffer, *got);
    co_await (*connected)->write(piece, 30s);
  }
  while (auto got = co_await (*connected)->read_some(buffer, 30s)) transcript.append(buffer, *got);
  done = true;
}

struct world {
  scratch_directory directory;
  net::event_loop loop;
  scripted_queue queue{.segment_path = directory / "segment", .notices = {}};
  net::listener queue_listener{loop, listen_unix(directory / "qmgr")};
  spool_client spool{loop, directory / "qmgr"};
  buffer_pool buffers;
  smtp_server server{{loop, spool, nullptr, nullptr, nullptr, buffers}, 10};
  net::task_scope scope{loop};

  std::string run(std::string_view more_config, std::vector<std::string> pieces) {
    auto settings = config::settings::load_text(
        "myhostname = mail.example.net\nmydestination = example.net\nmynetworks =\nlocal_recipient_maps =\n" +
            std::string(more_config),
        {.main_cf_may_be_missing = true});
    EXPECT_TRUE(settings.has_value());
    auto loaded = load_service_settings(*settings, {}, nullptr, {});
    EXPECT_TRUE(loaded.has_value()) << (loaded ? "" : loaded.error().text);
    server.set_settings(*loaded);
    net::endpoint at;
    server.listen(listen_inet(at));
    scope.spawn(play_queue(queue_listener, loop, queue), "queue");
    scope.spawn(spool.run(), "spool client");
    std::string transcript;
    bool done = false;
    scope.spawn(play_client(loop, at, std::move(pieces), transcript, done), "client");
    run_until([&] { return done; });
    // The queue may hear of a message after its sender has.
    run_until([&] { return queue.notices.size() >= count(transcript, "queued as "); });
    loop.post([this] { scope.cancel_all(); });
    run_until([&] { return scope.size() == 0; });
    return transcript;
  }
  template <class Condition>
  void run_until(Condition condition) {
    auto const until = std::chrono::steady_clock::now() + 60s;
    while (!condition() && std::chrono::steady_clock::now() < until) loop.context().run_one_for(100ms);
    EXPECT_TRUE(condition());
  }
  static std::size_t count(std::string_view text, std::string_view words) {
    std::size_t found = 0;
    for (auto at = text.find(words); at != std::string_view::npos; at = text.find(words, at + 1)) ++found;
    return found;
  }

  /// What stands in the segment at the place that was announced.
  queue::stored_message stored(ipc::committed_notice const& notice) {
    auto file = os::native_filesystem().open_read(queue.segment_path);
    EXPECT_TRUE(file.has_value());
    queue::location place{queue::segment_id{notice.segment}, notice.offset};
    auto body = queue::read_record(**file, place, queue::record_type::message);
    EXPECT_TRUE(body.has_value());
    auto message = queue::parse_message_record(*body, place);
    EXPECT_TRUE(message.has_value());
    return *message;
  }

  std::string content(queue::stored_message const& message) {
    auto file = os::native_filesystem().open_read(queue.segment_path);
    queue::content_reader reader(**file, message.content);
    std::string out(message.content_size, '\0');
    std::size_t filled = 0;
    while (filled < out.size()) {
      auto got = reader.read(std::span(out).subspan(filled));
      if (!got || *got == 0) break;
      filled += *got;
    }
    return out;
  }
};

TEST(smtp_server, a_250_stands_in_the_spool) {
  world here;
  auto transcript =
      here.run("", {"EHLO client.example\r\n", "MAIL FROM:<a@b.example>\r\nRCPT TO:<joe@example.net>\r\nDATA\r\n",
                    "Subject: hello\r\n\r\n..dot\r\nend\r\n.\r\nQUIT\r\n"});
  EXPECT_NE(transcript.find("250 2.0.0 Ok: queued as "), std::string::npos) << transcript;
  ASSERT_EQ(here.queue.notices.size(), 1U);
  auto message = here.stored(here.queue.notices[0]);
  EXPECT_EQ(message.env.sender, "a@b.example");
  ASSERT_EQ(message.env.recipients.size(), 1U);
  EXPECT_EQ(message.env.recipients[0].address, "joe@example.net");
  EXPECT_EQ(message.env.recipients[0].klass, queue::recipient_class::local);
  auto content = here.content(message);
  EXPECT_TRUE(content.starts_with("Received: from client.example (unknown [127.0.0.1])\r\n")) << content;
  EXPECT_NE(content.find("by mail.example.net"), std::string::npos);
  EXPECT_TRUE(content.ends_with("Subject: hello\r\n\r\n.dot\r\nend\r\n")) << content;
  EXPECT_EQ(content.substr(message.header_length), ".dot\r\nend\r\n");
}

TEST(smtp_server, large_messages_stand_in_chunks_and_come_back_whole) {
  world here;
  std::string body;
  for (int i = 0; i < 12'000; ++i)
    body += "line " + std::to_string(i) + " of a message that does not fit into one record\r\n";
  auto transcript = here.run("", {"EHLO client.example\r\n", "MAIL FROM:<>\r\nRCPT TO:<joe@example.net>\r\n",
                                  "BDAT " + std::to_string(body.size()) + " LAST\r\n" + body + "QUIT\r\n"});
  EXPECT_NE(transcript.find("queued as "), std::string::npos) << transcript;
  ASSERT_EQ(here.queue.notices.size(), 1U);
  auto message = here.stored(here.queue.notices[0]);
  EXPECT_GT(message.content.size(), 1U);
  EXPECT_TRUE(here.content(message).ends_with(body));
}

TEST(smtp_server, bare_line_feeds_end_nothing_but_for_excluded_clients) {
  std::vector<std::string> const pieces{"EHLO x\r\n",
                                        "MAIL FROM:<a@b.example>\r\nRCPT TO:<joe@example.net>\r\nDATA\r\n",
                                        "one\n.\nNOOP\r\n.\r\nQUIT\r\n"};
  world strict;
  strict.run("", pieces);
  ASSERT_EQ(strict.queue.notices.size(), 1U);
  EXPECT_TRUE(strict.content(strict.stored(strict.queue.notices[0])).ends_with("\r\none\r\n\r\nNOOP\r\n"));
  world lenient;
  auto transcript = lenient.run("smtpd_forbid_bare_newline_exclusions = 127.0.0.0/8\n", pieces);
  ASSERT_EQ(lenient.queue.notices.size(), 1U);
  EXPECT_TRUE(lenient.content(lenient.stored(lenient.queue.notices[0])).ends_with("\r\none\r\n")) << transcript;
}

TEST(smtp_server, strangers_cannot_relay) {
  world here;
  auto transcript =
      here.run("smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination\n",
               {"EHLO x\r\n", "MAIL FROM:<a@b.example>\r\nRCPT TO:<x@elsewhere.example>\r\nDATA\r\nQUIT\r\n"});
  EXPECT_NE(transcript.find("554 5.7.1 <x@elsewhere.example>: Relay access denied"), std::string::npos) << transcript;
  EXPECT_NE(transcript.find("554 5.5.1 Error: no valid recipients"), std::string::npos) << transcript;
  EXPECT_TRUE(here.queue.notices.empty());
}

TEST(smtp_server, without_a_segment_mail_is_put_off_and_not_lost) {
  world here;
  here.queue.refuse = true;
  auto transcript = here.run(
      "", {"EHLO x\r\n", "MAIL FROM:<a@b.example>\r\nRCPT TO:<joe@example.net>\r\nDATA\r\n", "hello\r\n.\r\nQUIT\r\n"});
  EXPECT_NE(transcript.find("451 4.3.0 Error: queue file write error"), std::string::npos) << transcript;
  EXPECT_TRUE(here.queue.notices.empty());
}

}  // namespace
}  // namespace postern::receive
