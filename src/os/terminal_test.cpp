#include "os/terminal.hpp"

#include <pty.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "os/unique_fd.hpp"

namespace postern::os {
namespace {

struct outcome {
  std::string screen;  ///< what the person saw
  std::string answer;  ///< "=" and the password, or the failure's text
};

/// A child asks on a terminal of its own; this process is the person who types.
outcome ask(std::string_view typed) {
  int pipe_ends[2];
  EXPECT_EQ(::pipe(pipe_ends), 0);
  int screen_fd = -1;
  pid_t const child = ::forkpty(&screen_fd, nullptr, nullptr, nullptr);
  if (child == 0) {
    auto const password = read_password("Password: ");
    std::string const text = password ? "=" + std::string(password->reveal()) : password.error().text;
    ::_exit(::write(pipe_ends[1], text.data(), text.size()) < 0);
  }
  ::close(pipe_ends[1]);
  unique_fd const screen(screen_fd);
  unique_fd const answers(pipe_ends[0]);
  outcome seen;
  char octets[256];
  while (seen.screen.find("Password: ") == std::string::npos) {
    auto const got = ::read(screen.get(), octets, sizeof octets);
    if (got <= 0) break;
    seen.screen.append(octets, static_cast<std::size_t>(got));
  }
  EXPECT_EQ(::write(screen.get(), typed.data(), typed.size()), static_cast<ssize_t>(typed.size()));
  for (ssize_t got = 0; (got = ::read(answers.get(), octets, sizeof octets)) > 0;) {
    seen.answer.append(octets, static_cast<std::size_t>(got));
  }
  for (ssize_t got = 0; (got = ::read(screen.get(), octets, sizeof octets)) > 0;) {
    seen.screen.append(octets, static_cast<std::size_t>(got));
  }
  ::waitpid(child, nullptr, 0);
  return seen;
}

TEST(terminal, takes_a_line_and_shows_nothing_of_it) {
  auto const seen = ask("s3cret word\n");
  EXPECT_EQ(seen.answer, "=s3cret word");
  EXPECT_EQ(seen.screen.find("s3cret"), std::string::npos) << seen.screen;
}

TEST(terminal, an_interrupted_prompt_is_a_failure) {
  EXPECT_EQ(ask("s3cr\x03").answer, "no password was given");
  EXPECT_EQ(ask("\x04").answer, "no password was given");
}

TEST(terminal, an_empty_line_is_an_empty_password) { EXPECT_EQ(ask("\n").answer, "="); }

}  // namespace
}  // namespace postern::os
