#include "auth/cyrus/saslauthd_source.hpp"

#include <cstring>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "auth/mux_client.hpp"
#include "os/unique_fd.hpp"

namespace postern::auth::cyrus {
namespace {

using namespace std::chrono_literals;

/// One saslauthd for one request: it remembers what it was asked and says what the test wants.
class one_shot_saslauthd {
 public:
  explicit one_shot_saslauthd(std::string reply, std::size_t piece = 4096) {
    std::string name = (std::filesystem::temp_directory_path() / "postern-mux-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    listening_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(listening_.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listening_.get(), 1), 0);
    thread_ = std::thread([this, reply = std::move(reply), piece] { serve(reply, piece); });
  }
  ~one_shot_saslauthd() {
    end();
    std::filesystem::remove_all(directory_);
  }
  one_shot_saslauthd(one_shot_saslauthd const&) = delete;
  one_shot_saslauthd& operator=(one_shot_saslauthd const&) = delete;

  std::string path() const { return directory_ + "/mux"; }
  std::string const& directory() const { return directory_; }
  /// What the client sent; waits until it has gone.
  std::string const& end() {
    if (thread_.joinable()) {
      ::shutdown(listening_.get(), SHUT_RDWR);
      thread_.join();
    }
    return request_;
  }

 private:
  void serve(std::string_view reply, std::size_t piece) {
    os::unique_fd const client(::accept(listening_.get(), nullptr, nullptr));
    char octets[4096];
    auto got = ::recv(client.get(), octets, sizeof octets, 0);
    if (got > 0) request_.assign(octets, static_cast<std::size_t>(got));
    while (!reply.empty()) {
      auto const part = reply.substr(0, piece);
      ::send(client.get(), part.data(), part.size(), MSG_NOSIGNAL);
      reply.remove_prefix(part.size());
    }
    ::shutdown(client.get(), SHUT_WR);
    while (::recv(client.get(), octets, sizeof octets, 0) > 0) continue;
  }

  std::string directory_;
  os::unique_fd listening_;
  std::thread thread_;
  std::string request_;
};

std::string counted(std::string_view text) {
  std::string out{static_cast<char>(text.size() >> 8U), static_cast<char>(text.size() & 255U)};
  return out.append(text);
}

verdict ask(std::string const& socket, std::string_view user, std::string_view realm = "") {
  auto const source = make_saslauthd_source({.socket = socket, .time_limit = 60s});
  return source->check_password(
      {.user = std::string(user), .realm = std::string(realm), .service = "smtp", .client_address = "192.0.2.7"},
      secret("s3cret"));
}

TEST(saslauthd_source, sends_one_request_by_cyrus_s_realm_rule) {
  struct row {
    std::string_view user;
    std::string_view realm;
    std::string want;
  };
  for (auto const& [user, realm, want] :
       {row{"bob", "example.org", counted("bob") + counted("s3cret") + counted("smtp") + counted("example.org")},
        row{"bob", "", counted("bob") + counted("s3cret") + counted("smtp") + counted("")},
        row{"bob@a.example", "example.org",
            counted("bob") + counted("s3cret") + counted("smtp") + counted("a.example")}}) {
    one_shot_saslauthd server(counted("OK"));
    auto const said = ask(server.path(), user, realm);
    EXPECT_EQ(said.code, verdict_code::accepted) << said.detail;
    EXPECT_EQ(said.account, user);
    EXPECT_EQ(server.end(), want + counted("192.0.2.7"));
  }
}

struct reply_row {
  std::string_view reply;
  verdict_code want;
};
constexpr reply_row replies[] = {
    {"OK", verdict_code::accepted},
    {"OK remote authentication successful", verdict_code::accepted},
    {"NO", verdict_code::wrong_password},
    {"NO Incorrect password", verdict_code::wrong_password},
    {"NO PAM auth error", verdict_code::wrong_password},
    {"NO Invalid username", verdict_code::unknown_user},
    {"NO Account expired", verdict_code::expired},
    {"NO [ALERT] Couldn't contact remote authentication server", verdict_code::store_unavailable},
    {"NO internal mechanism failure", verdict_code::store_unavailable}};

TEST(saslauthd_source, judges_replies_in_any_pieces) {
  for (auto const& [reply, want] : replies) {
    for (std::size_t const piece : {1, 3, 4096}) {
      one_shot_saslauthd server(counted(reply), piece);
      auto const said = ask(server.path(), "bob");
      EXPECT_EQ(said.code, want) << reply;
      EXPECT_EQ(said.detail.empty(), want == verdict_code::accepted) << said.detail;
      EXPECT_FALSE(said.detail.contains("s3cret"));
    }
  }
}

TEST(saslauthd_source, trouble_is_no_refusal_and_names_the_socket) {
  one_shot_saslauthd silent("");
  EXPECT_EQ(ask(silent.path(), "bob").code, verdict_code::store_unavailable);
  one_shot_saslauthd nonsense(counted("X"));
  EXPECT_EQ(ask(nonsense.path(), "bob").code, verdict_code::store_unavailable);
  auto const gone = ask(silent.directory() + "/nobody", "bob");
  EXPECT_EQ(gone.code, verdict_code::store_unavailable);
  EXPECT_TRUE(gone.detail.contains(silent.directory() + "/nobody")) << gone.detail;
  EXPECT_TRUE(gone.detail.contains("is saslauthd running")) << gone.detail;
}

TEST(mux_client, takes_a_directory_for_the_socket_in_it) {
  one_shot_saslauthd server(counted("OK"));
  EXPECT_EQ(find_mux_socket(server.directory()), server.path());
  EXPECT_EQ(find_mux_socket(server.path()), server.path());
  EXPECT_EQ(find_mux_socket("/no/such/mux"), "/no/such/mux");
}

TEST(mux_client, a_server_that_never_answers_is_given_up) {
  std::string name = (std::filesystem::temp_directory_path() / "postern-mux-XXXXXX").string();
  std::string const directory = ::mkdtemp(name.data());
  os::unique_fd const listening(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (directory + "/mux").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listening.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listening.get(), 1), 0);
  // Whoever gave up still stands in the backlog: two find room, the third does not.
  for (std::string_view const want : {"gave no answer", "gave no answer", "took no connection"}) {
    auto const begun = std::chrono::steady_clock::now();
    auto const said = ask_saslauthd(directory + "/mux", {.login = "bob"}, 50ms);
    ASSERT_FALSE(said);
    EXPECT_EQ(said.error().system_error, ETIMEDOUT);
    EXPECT_NE(said.error().text.find(want), std::string::npos) << said.error().text;
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 50ms);
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace postern::auth::cyrus
