#include "base/log.hpp"

#include <atomic>
#include <cstdio>
#include <mutex>

namespace postern::log {
namespace {

std::mutex sink_mutex;
std::atomic<bool> verbose_on = false;

sink& current_sink() {
  static sink current = [](level, std::string_view line) {
    std::string whole(line);
    whole += '\n';
    std::fwrite(whole.data(), 1, whole.size(), stderr);
  };
  return current;
}

std::string_view word(level at) {
  switch (at) {
    case level::warning:
      return "warning: ";
    case level::error:
      return "error: ";
    case level::fatal:
      return "fatal: ";
    default:
      return "";
  }
}

}  // namespace

void set_sink(sink new_sink) {
  std::scoped_lock lock(sink_mutex);
  current_sink() = std::move(new_sink);
}

void set_verbose(bool on) { verbose_on = on; }
bool verbose() { return verbose_on; }

void write(level at, std::string_view text) {
  std::string line(word(at));
  if (!line.empty()) text = line.append(text);
  std::scoped_lock lock(sink_mutex);
  current_sink()(at, text);
}

}  // namespace postern::log
