#include "service/start_message.hpp"

#include <fcntl.h>

#include <gtest/gtest.h>

#include "os/fd_passing.hpp"
#include "service/control_line.hpp"

namespace postern::service {
namespace {

using kind = listening_socket::kind;

os::unique_fd open_null() { return os::unique_fd(::open("/dev/null", O_RDWR | O_CLOEXEC)); }

start_message make_message() {
  start_message message;
  message.log = log_target::file;
  message.log_file = open_null();
  message.listeners.push_back({kind::inet, "127.0.0.1:25", open_null()});
  message.listeners.push_back({kind::unix_socket, "private/auth", open_null()});
  message.secrets.push_back({"/etc/key with spaces.pem", open_null()});
  message.ticket_keys = "7 c2VlZA==";
  return message;
}

std::vector<os::unique_fd> nulls(std::size_t count) {
  std::vector<os::unique_fd> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(open_null());
  return out;
}

TEST(start_message, says_the_same_after_the_journey) {
  auto pair = make_control_pair();
  ASSERT_TRUE(pair);
  auto message = make_message();
  auto out = format_start(message);
  ASSERT_TRUE(out) << out.error().text;
  EXPECT_EQ(4U, out->descriptors.size());
  ASSERT_TRUE(os::send_with_fds(pair->first.get(), out->text.reveal(), out->descriptors));
  auto got = receive_start(pair->second.get(), std::chrono::milliseconds(1000));
  ASSERT_TRUE(got) << got.error().text;
  EXPECT_EQ(log_target::file, got->log);
  EXPECT_TRUE(got->log_file);
  ASSERT_EQ(2U, got->listeners.size());
  EXPECT_EQ(kind::unix_socket, got->listeners[1].type);
  EXPECT_EQ("private/auth", got->listeners[1].address);
  ASSERT_EQ(1U, got->secrets.size());
  EXPECT_EQ("/etc/key with spaces.pem", got->secrets[0].path);
  EXPECT_EQ("7 c2VlZA==", got->ticket_keys);
}

TEST(start_message, is_refused_when_cut_at_any_offset) {
  auto text = std::string(format_start(make_message())->text.reveal());
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    // Cut behind a whole line it may parse, but then descriptors are left over.
    EXPECT_FALSE(parse_start(text.substr(0, cut), nulls(4)) && cut < text.rfind("ticket-keys")) << cut;
  }
  EXPECT_TRUE(parse_start(text, nulls(4)));
}

TEST(start_message, wants_exactly_its_descriptors) {
  auto text = std::string(format_start(make_message())->text.reveal());
  EXPECT_FALSE(parse_start(text, nulls(3)));
  EXPECT_FALSE(parse_start(text, nulls(5)));
}

TEST(start_message, refuses_nonsense) {
  for (auto const* text : {"", "start", "stop\n", "start\nlog nowhere\n", "start\nlisten udp x\n", "start\nfoo bar\n"})
    EXPECT_FALSE(parse_start(text, nulls(1))) << text;
}

TEST(start_message, lets_no_path_forge_a_line) {
  auto message = make_message();
  message.secrets[0].path = "/etc/key\nlisten unix private/x";
  EXPECT_FALSE(format_start(message));
}

TEST(start_message, times_out) {
  auto pair = make_control_pair();
  EXPECT_FALSE(receive_start(pair->second.get(), std::chrono::milliseconds(10)));
}

TEST(control_message, comes_back_as_it_was) {
  using word = control_message::kind;
  for (auto what : {word::ready, word::sessions, word::stopping, word::refused, word::stop, word::watch, word::unwatch,
                    word::dialogue}) {
    auto got = parse_control_message(format_control_message({what, 42}));
    ASSERT_TRUE(got);
    EXPECT_EQ(what, got->what);
    EXPECT_EQ(42U, got->value);
  }
  for (auto const* text :
       {"", "ready", "ready ", "stop x", "stop -1", "dance 1", "stop 1 2", "watch", "watch x y", "unwatch 1 2"})
    EXPECT_FALSE(parse_control_message(text)) << text;
}

TEST(control_message, carries_a_text_where_one_belongs) {
  using word = control_message::kind;
  for (auto what : {word::watch, word::dialogue}) {
    for (auto const* text : {"", "client=192.0.2.0/24 user=joe", "< mail[192.0.2.1]: EHLO  x"}) {
      auto got = parse_control_message(format_control_message({what, 7, text}));
      ASSERT_TRUE(got) << text;
      EXPECT_EQ(got->value, 7U);
      EXPECT_EQ(got->text, text);
    }
  }
  auto forged = parse_control_message(format_control_message({word::dialogue, 1, "a\nstop 0"}));
  ASSERT_TRUE(forged);
  EXPECT_EQ(forged->text, "a?stop 0");
}

TEST(control_line, carries_messages_and_tells_the_end) {
  net::event_loop loop;
  auto pair = make_control_pair();
  control_line ours(loop, std::move(pair->first));
  auto theirs = std::make_unique<control_line>(loop, std::move(pair->second));
  std::vector<std::uint64_t> got;
  bool closed = false;
  ours.listen([&](control_message message) { got.push_back(message.value); }, [&] { closed = true; });
  EXPECT_TRUE(theirs->send({control_message::kind::sessions, 1}));
  EXPECT_TRUE(theirs->send({control_message::kind::sessions, 2}));
  theirs.reset();
  loop.run();
  EXPECT_EQ((std::vector<std::uint64_t>{1, 2}), got);
  EXPECT_TRUE(closed);
}

}  // namespace
}  // namespace postern::service
