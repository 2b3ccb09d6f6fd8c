// postern-logins: logs in at a socket of authd (Dovecot's auth client protocol) with many exchanges in flight on one
// connection, as smtpd does; prints one line of JSON. One thread; it waits for nothing but answers.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/base64.hpp"
#include "os/unique_fd.hpp"

#include "bench/common/command_line.hpp"
#include "bench/common/login_report.hpp"
#include "bench/logins/exchange.hpp"

namespace {

using namespace postern::bench;
using clock = login_report::clock;

constexpr time_t answer_wait_seconds = 60;

struct options {
  std::string socket;
  std::string mechanism = "PLAIN";
  std::string user = "bench";  ///< a number from 0 is put behind it
  unsigned users = 1;
  std::string password;
  std::string token_file;  ///< XOAUTH2: a token a line, used in turn
  unsigned in_flight = 50;
  std::uint64_t logins = 1000;
};

[[noreturn]] void give_up(std::string_view what) {
  fmt::print(stderr, "{}\n", what);
  std::exit(1);
}

postern::os::unique_fd connect_to(std::string const& path) {
  postern::os::unique_fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  path.copy(to.sun_path, sizeof to.sun_path - 1);
  if (::connect(fd.get(), reinterpret_cast<sockaddr const*>(&to), sizeof to) != 0) give_up(path + " cannot be reached");
  timeval const wait{.tv_sec = answer_wait_seconds, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  return fd;
}

class load {
 public:
  explicit load(options how) : options_(std::move(how)) {
    auto const found = find_mechanism(options_.mechanism);
    if (!found) give_up("no such mechanism here: " + options_.mechanism);
    how_ = *found;
    for (unsigned i = 0; i < options_.users; ++i) {
      users_.push_back({.name = options_.user + std::to_string(i), .password = options_.password});
    }
    std::ifstream tokens(options_.token_file);
    for (std::string line; std::getline(tokens, line);) tokens_.push_back(line);
    if (tokens_.empty()) tokens_.emplace_back();
  }

  int run() {
    fd_ = connect_to(options_.socket);
    output_ = "VERSION\t1\t2\nCPID\t1\n";
    while (take_line() != "DONE") {
    }
    slots_.resize(std::min<std::uint64_t>(options_.in_flight, options_.logins));
    report_.begin();
    for (std::size_t i = 0; i < slots_.size(); ++i) start(i);
    while (report_.done() < options_.logins) on_line(take_line());
    return report_.print();
  }

 private:
  struct slot {
    exchange of;
    clock::time_point began;
  };

  // Answers are written when all that has come is dealt with, as a front end's event loop does.
  std::string_view take_line() {
    for (;;) {
      auto const end = input_.find('\n', taken_);
      if (end != std::string::npos) {
        auto const line = std::string_view(input_).substr(taken_, end - taken_);
        taken_ = end + 1;
        return line;
      }
      input_.erase(0, std::exchange(taken_, 0));
      flush();
      char piece[65536];
      auto const got = ::recv(fd_.get(), piece, sizeof piece, 0);
      if (got <= 0) give_up("the server does not answer");
      input_.append(piece, static_cast<std::size_t>(got));
    }
  }

  void flush() {
    for (std::string_view rest = output_; !rest.empty();) {
      auto const sent = ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) give_up("the server hung up");
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    output_.clear();
  }

  void start(std::size_t which) {
    if (started_ >= options_.logins) return;
    auto& one = slots_[which];
    one.began = clock::now();
    one.of.who = &users_[started_ % users_.size()];
    auto const first = make_first(how_, one.of, started_, tokens_[started_ % tokens_.size()]);
    ++started_;
    output_ += fmt::format("AUTH\t{}\t{}\tservice=smtp\tsecured\tfinal-resp-ok\tresp={}\n", which + 1,
                           options_.mechanism, postern::encode_base64(first));
  }

  void on_line(std::string_view line) {
    auto const verb = line.substr(0, line.find('\t'));
    if (verb == "REVOKED") return;
    char const* const id = line.data() + std::min(line.size(), verb.size() + 1);
    auto const number = std::strtoull(id, nullptr, 10);
    if (number == 0 || number > slots_.size()) give_up(fmt::format("what is {}?", line));
    auto& one = slots_[number - 1];
    if (verb == "CONT") return go_on(one, number, line.substr(line.rfind('\t') + 1));
    bool const good = verb == "OK" && is_proven(one, line);
    if (!good && report_.failed() == 0) fmt::print(stderr, "{}\n", line);
    report_.add(one.began, good);
    start(number - 1);
  }

  void go_on(slot& one, std::uint64_t id, std::string_view challenge) {
    auto const text = postern::decode_base64(challenge);
    if (how_ != mechanism::scram_sha_256 || !text) give_up(fmt::format("an unexpected challenge: {}", challenge));
    output_ += fmt::format("CONT\t{}\t{}\n", id, postern::encode_base64(make_final(one.of, *text)));
  }

  bool is_proven(slot const& one, std::string_view line) const {
    if (how_ != mechanism::scram_sha_256) return true;
    auto const at = line.find("\tresp=");
    if (at == std::string_view::npos) return false;
    auto const text = postern::decode_base64(line.substr(at + 6, line.find('\t', at + 6) - at - 6));
    return text && is_proof(one.of, *text);
  }

  options options_;
  mechanism how_ = mechanism::plain;
  std::vector<user> users_;
  std::vector<std::string> tokens_;
  postern::os::unique_fd fd_;
  std::string input_;
  std::size_t taken_ = 0;
  std::string output_;
  std::vector<slot> slots_;
  login_report report_;
  std::uint64_t started_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  options how;
  option const known[] = {{"socket", &how.socket, "path of private/auth"},
                          {"--mechanism", &how.mechanism, "PLAIN, SCRAM-SHA-256 or XOAUTH2"},
                          {"--user", &how.user},
                          {"--users", &how.users, "log in as USER0, USER1, …"},
                          {"--password", &how.password},
                          {"--token-file", &how.token_file, "a token a line; only the first user logs in with them"},
                          {"--in-flight", &how.in_flight},
                          {"--logins", &how.logins}};
  read_command_line(argc, argv, "logs in at authd's socket and measures", known);
  return load(how).run();
}
