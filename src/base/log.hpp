#pragma once
// Purpose: the log of a program. The sink is set once at start-up (service); until then lines go to stderr.
// Layout: "<text>" is the part after "syslog_name/program[pid]: "; the sink adds what stands before it.
// Concurrency: any thread may log; a line is written whole.
// Security: no secret may be passed here at any level; peers' text goes through printable() first.

#include <functional>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace postern::log {

/// info is what Postfix logs without a word before it; warning, error and fatal are prefixed as Postfix does.
enum class level { debug, info, warning, error, fatal };

using sink = std::function<void(level, std::string_view line)>;

void set_sink(sink new_sink);
/// Lines at `debug` are dropped unless verbose is on (-v in master.cf).
void set_verbose(bool on);
bool verbose();

/// Writes one line; the level's word ("warning: ") is put before the text here.
void write(level at, std::string_view text);

template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (verbose()) write(level::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  write(level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  write(level::warning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  write(level::error, fmt::format(format, std::forward<Args>(args)...));
}
/// Says that the program cannot go on; the caller leaves main() with a non-zero status.
template <class... Args>
void fatal(fmt::format_string<Args...> format, Args&&... args) {
  write(level::fatal, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace postern::log
