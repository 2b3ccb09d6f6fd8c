#include "net/resolver.hpp"

#include <poll.h>

#include <atomic>
#include <map>
#include <optional>
#include <thread>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "net/task_scope.hpp"
#include "os/unique_fd.hpp"

namespace postern::net {
namespace {

using namespace std::string_literals;

// A name server with a table: (name, type) to record data; a name without rows does not exist; "silent" never answers.
class fake_name_server {
 public:
  using table = std::map<std::pair<std::string, int>, std::vector<std::string>>;

  explicit fake_name_server(table rows) : rows_(std::move(rows)), socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t length = sizeof address;
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~fake_name_server() { stop(); }
  void stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  std::string server() const { return "127.0.0.1@" + std::to_string(port_); }
  int questions() const { return questions_; }

 private:
  void serve() {
    while (!stop_) {
      pollfd waiting{socket_.get(), POLLIN, 0};
      if (::poll(&waiting, 1, 20) != 1) continue;
      char packet[1500];
      sockaddr_in from{};
      socklen_t length = sizeof from;
      auto got = ::recvfrom(socket_.get(), packet, sizeof packet, 0, reinterpret_cast<sockaddr*>(&from), &length);
      if (got < 12) continue;
      auto reply = answer(std::string(packet, static_cast<std::size_t>(got)));
      if (reply.empty()) continue;
      ::sendto(socket_.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), length);
    }
  }

  std::string answer(std::string const& query) {
    std::size_t at = 12;
    std::string name;
    while (query[at] != 0) {
      std::size_t const size = static_cast<unsigned char>(query[at]);
      if (!name.empty()) name += '.';
      for (char c : query.substr(at + 1, size)) name += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      at += 1 + size;
    }
    int type = static_cast<unsigned char>(query[at + 1]) * 256 + static_cast<unsigned char>(query[at + 2]);
    if (name == "silent.example") return {};
    ++questions_;
    auto question = query.substr(12, at + 5 - 12);
    auto found = rows_.find({name, type});
    auto next = rows_.lower_bound({name, 0});
    bool exists = next != rows_.end() && next->first.first == name;
    std::size_t count = found == rows_.end() ? 0 : found->second.size();
    std::string out = query.substr(0, 2) + "\x81"s + (exists ? "\x80"s : "\x83"s) + "\x00\x01\x00"s;
    out += static_cast<char>(count);
    out += "\x00\x00\x00\x00"s + question;
    for (std::size_t i = 0; i < count; ++i) {
      auto const& data = found->second[i];
      out += "\xc0\x0c"s + '\0' + static_cast<char>(type) + "\x00\x01\x00\x00\x00\x3c"s + '\0' +
             static_cast<char>(data.size()) + data;
    }
    return out;
  }

  table rows_;
  os::unique_fd socket_;
  int port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<int> questions_{0};
  std::thread thread_;
};

template <class T>
task<> keep(task<T> work, std::optional<T>& into) {
  into = co_await std::move(work);
}

template <class T>
T run(event_loop& loop, task<T> work) {
  std::optional<T> out;
  task_scope scope(loop);
  loop.context().restart();
  scope.spawn(keep(std::move(work), out), "test");
  while (scope.size() > 0) loop.context().run_one();
  return out.value();
}

fake_name_server::table rows() {
  return {
      {{"example.com", 15},
       {"\x00\x14\x03"
        "mx2\x07"
        "example\x03"
        "com\x00"s,
        "\x00\x0a\x03"
        "mx1\x07"
        "example\x03"
        "com\x00"s}},
      {{"mx1.example.com", 1}, {"\xc0\x00\x02\x01"s}},
      {{"mx1.example.com", 28}, {"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"s}},
      {{"nomx.example", 1}, {"\xc0\x00\x02\x02"s}},
      {{"text.example", 16},
       {"\x03"
        "a b\x01"
        "c"s}},
      {{"1.2.0.192.in-addr.arpa", 12},
       {"\x03"
        "mx1\x07"
        "example\x03"
        "com\x00"s}},
      {{"9.2.0.192.in-addr.arpa", 12},
       {"\x03"
        "mx1\x07"
        "example\x03"
        "com\x00"s}},
  };
}

class resolver_test : public testing::Test {
 protected:
  resolver ask_within(std::chrono::milliseconds limit) {
    auto hosts = hosts_table::parse("192.0.2.77 printer.example printer # desk\n");
    return {loop, {{server.server()}, std::move(hosts), {}, limit}};
  }
  fake_name_server server{rows()};
  event_loop loop;
  resolver names = ask_within(std::chrono::seconds(60));
};

TEST_F(resolver_test, finds_mail_exchangers) {
  auto got = run(loop, names.mail_exchangers("Example.COM"));
  EXPECT_EQ(got.status, lookup_status::found) << got.error;
  std::ranges::sort(got.records, {}, &dns::mail_exchanger::preference);
  EXPECT_EQ(got.records, (std::vector<dns::mail_exchanger>{{10, "mx1.example.com"}, {20, "mx2.example.com"}}));
  EXPECT_FALSE(got.secure);
}

TEST_F(resolver_test, finds_addresses_of_both_families) {
  auto both = run(loop, names.addresses("mx1.example.com"));
  ASSERT_EQ(both.records.size(), 2U) << both.error;
  EXPECT_EQ(both.records[0].text(), "192.0.2.1");
  EXPECT_EQ(both.records[1].text(), "2001:db8::1");
  auto v6 = run(loop, names.addresses("mx1.example.com", address_family::v6));
  ASSERT_EQ(v6.records.size(), 1U);
  auto only_v4 = run(loop, names.addresses("nomx.example"));
  EXPECT_EQ(only_v4.status, lookup_status::found);
  EXPECT_EQ(only_v4.records.size(), 1U);
}

TEST_F(resolver_test, tells_missing_names_from_missing_data) {
  auto name = run(loop, names.mail_exchangers("none.example"));
  EXPECT_EQ(name.status, lookup_status::no_such_name);
  EXPECT_EQ(name.error,
            "Host or domain name not found. Name service error for name=none.example type=MX: Host not found");
  auto data = run(loop, names.mail_exchangers("nomx.example"));
  EXPECT_EQ(data.status, lookup_status::no_such_data);
  EXPECT_NE(data.error.find("Host found but no data record"), std::string::npos);
}

TEST_F(resolver_test, gives_up_at_the_deadline) {
  auto hasty = ask_within(std::chrono::milliseconds(500));
  auto got = run(loop, hasty.addresses("silent.example", address_family::v4));
  EXPECT_EQ(got.status, lookup_status::try_again);
  EXPECT_NE(got.error.find("try again"), std::string::npos);
}

TEST_F(resolver_test, reads_hosts_first) {
  auto got = run(loop, names.addresses("Printer"));
  ASSERT_EQ(got.records.size(), 1U);
  EXPECT_EQ(run(loop, names.names(got.records.front())).records.front(), "printer.example");
  EXPECT_EQ(run(loop, names.confirmed_name(got.records.front())).status, lookup_status::found);
  EXPECT_EQ(server.questions(), 0);
}

TEST_F(resolver_test, confirms_names) {
  auto good = run(loop, names.confirmed_name(*ip_address::parse("192.0.2.1")));
  EXPECT_EQ(good.status, lookup_status::found) << good.error;
  EXPECT_EQ(good.records, std::vector<std::string>{"mx1.example.com"});
  auto forged = run(loop, names.confirmed_name(*ip_address::parse("192.0.2.9")));
  EXPECT_EQ(forged.status, lookup_status::no_such_data);
  EXPECT_EQ(forged.error, "hostname mx1.example.com does not resolve to address 192.0.2.9");
}

TEST_F(resolver_test, reads_texts_and_caches) {
  EXPECT_EQ(run(loop, names.texts("text.example")).records, std::vector<std::string>{"a bc"});
  server.stop();
  EXPECT_EQ(run(loop, names.texts("text.example")).records, std::vector<std::string>{"a bc"});
}

TEST(resolver_options, names_wrong_servers) {
  EXPECT_TRUE(load_resolver_options({"192.0.2.1", "2001:db8::1@5353"}, {}));
  for (auto const* server : {"ns.example", "192.0.2.1@", "192.0.2.1@x", "192.0.2.1@70000"}) {
    auto got = load_resolver_options({server}, {});
    ASSERT_FALSE(got) << server;
    EXPECT_NE(got.error().text.find("resolver_address"), std::string::npos);
  }
}

}  // namespace
}  // namespace postern::net
