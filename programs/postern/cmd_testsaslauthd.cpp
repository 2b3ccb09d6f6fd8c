// testsaslauthd: asks a saslauthd whether a password is right; flags, output and exit status of Cyrus's program.
#include <getopt.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include <fmt/format.h>

#include "auth/mux_client.hpp"
#include "auth/saslauthd/options.hpp"
#include "base/text.hpp"

#include "programs/postern/commands.hpp"

namespace postern::cli {
namespace {

constexpr auto answer_time = std::chrono::seconds(120);
constexpr int status_usage = 1;
constexpr int status_refused = 255;
constexpr std::uint64_t repeat_max = 100'000'000;
constexpr std::size_t password_octets_max = 65535;

struct test_options {
  sasl::mux::request asked;
  std::string socket = std::string(auth::saslauthd::default_directory) + "/mux";
  std::uint64_t repeat = 1;
  bool has_password = false;
  bool password_from_input = false;
};

int usage(std::string const& program) {
  fmt::print(stderr,
             "{0}: usage: {0} -u username -p password\n"
             "              [-r realm] [-s servicename]\n"
             "              [-f socket path] [-R repeatnum]\n"
             "              [-a client address] [--password-stdin]\n",
             program);
  return status_usage;
}

bool take_flag(test_options& out, int flag, std::string_view text) {
  switch (flag) {
    case 'u':
      out.asked.login = text;
      return true;
    case 'p':
      out.asked.password = secret(text);
      out.has_password = true;
      // The argument lies open in the process list: it is not ours to keep there.
      wipe(optarg, text.size());
      return true;
    case 'r':
      out.asked.realm = text;
      return true;
    case 's':
      out.asked.service = text;
      return true;
    case 'f':
      out.socket = text;
      return true;
    case 'a':
      out.asked.client_address = text;
      return true;
    case 'R': {
      auto const count = parse_unsigned(text);
      out.repeat = count.value_or(0);
      return count && *count > 0 && *count <= repeat_max;
    }
    case 'P':
      return out.password_from_input = true;
    default:
      return false;
  }
}

std::optional<test_options> parse_arguments(command_line const& line) {
  constexpr std::array long_options{option{"password-stdin", no_argument, nullptr, 'P'},
                                    option{nullptr, 0, nullptr, 0}};
  auto words = line.args;
  std::string program = line.program;
  std::vector<char*> raw{program.data()};
  for (auto& word : words) raw.push_back(word.data());
  raw.push_back(nullptr);
  test_options out;
  out.asked.service = "imap";
  optind = 0;
  for (;;) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread.
    int const flag =
        ::getopt_long(static_cast<int>(raw.size()) - 1, raw.data(), "u:p:r:s:f:R:a:", long_options.data(), nullptr);
    if (flag == -1) break;
    if (!take_flag(out, flag, optarg == nullptr ? "" : optarg)) return std::nullopt;
  }
  if (out.asked.login.empty() || out.has_password == out.password_from_input) return std::nullopt;
  return out;
}

secret read_password_line() {
  std::string text(password_octets_max, '\0');
  std::size_t size = 0;
  for (ssize_t got = 1; got > 0 && size < text.size() && text.find('\n') == std::string::npos;) {
    got = ::read(STDIN_FILENO, text.data() + size, text.size() - size);
    if (got > 0) size += static_cast<std::size_t>(got);
  }
  auto const whole = std::string_view(text).substr(0, size);
  secret out(whole.substr(0, whole.find('\n')));
  wipe(text);
  return out;
}

}  // namespace

int cmd_testsaslauthd(command_line const& line) {
  auto options = parse_arguments(line);
  if (!options) return usage(line.program);
  if (options->password_from_input) options->asked.password = read_password_line();
  int status = 0;
  for (std::uint64_t i = 0; i < options->repeat; ++i) {
    fmt::print("{}: ", i);
    std::fflush(stdout);
    auto const said = auth::ask_saslauthd(options->socket, options->asked, answer_time);
    status = said && said->yes ? 0 : status_refused;
    if (!said) {
      fmt::print(stderr, "{}\n", said.error().text);
      continue;
    }
    fmt::print("{}\n", said->yes ? "OK \"Success.\"" : "NO \"authentication failed\"");
  }
  return status;
}

}  // namespace postern::cli
