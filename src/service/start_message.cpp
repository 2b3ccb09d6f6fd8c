#include "service/start_message.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/text.hpp"
#include "os/fd_passing.hpp"

namespace postern::service {
namespace {

constexpr std::array<std::pair<log_target, std::string_view>, 4> log_names = {{
    {log_target::standard_error, "stderr"},
    {log_target::file, "file"},
    {log_target::syslog, "syslog"},
    {log_target::journal, "journal"},
}};

using kind = control_message::kind;
constexpr std::array<std::pair<kind, std::string_view>, 9> control_words = {{
    {kind::ready, "ready"},
    {kind::sessions, "sessions"},
    {kind::stopping, "stopping"},
    {kind::refused, "refused"},
    {kind::stop, "stop"},
    {kind::retire, "retire"},
    {kind::watch, "watch"},
    {kind::unwatch, "unwatch"},
    {kind::dialogue, "dialogue"},
}};

bool carries_text(kind what) { return what == kind::watch || what == kind::dialogue; }

/// Hands out the packet's descriptors one after the other.
class descriptor_queue {
 public:
  explicit descriptor_queue(std::vector<os::unique_fd> all) : all_(std::move(all)) {}
  result<os::unique_fd> take() {
    if (next_ == all_.size()) return fail("the start message names more descriptors than came with it");
    return std::move(all_[next_++]);
  }
  bool empty() const { return next_ == all_.size(); }

 private:
  std::vector<os::unique_fd> all_;
  std::size_t next_ = 0;
};

std::pair<std::string_view, std::string_view> split_word(std::string_view line) {
  auto space = line.find(' ');
  if (space == std::string_view::npos) return {line, {}};
  return {line.substr(0, space), line.substr(space + 1)};
}

result<> take_log(start_message& to, std::string_view value, descriptor_queue& descriptors) {
  auto const* row = std::ranges::find(log_names, value, &std::pair<log_target, std::string_view>::second);
  if (row == log_names.end()) return fail("unknown log target");
  to.log = row->first;
  if (to.log != log_target::file) return {};
  auto file = descriptors.take();
  if (!file) return std::unexpected(file.error());
  to.log_file = std::move(*file);
  return {};
}

result<> take_listener(start_message& to, std::string_view value, descriptor_queue& descriptors) {
  auto [type, address] = split_word(value);
  if (type != "inet" && type != "unix") return fail("a listener is inet or unix");
  auto socket = descriptors.take();
  if (!socket) return std::unexpected(socket.error());
  using socket_kind = listening_socket::kind;
  to.listeners.push_back(
      {type == "inet" ? socket_kind::inet : socket_kind::unix_socket, std::string(address), std::move(*socket)});
  return {};
}

result<> take_line(start_message& to, std::string_view line, descriptor_queue& descriptors) {
  auto [word, value] = split_word(line);
  if (word == "log") return take_log(to, value, descriptors);
  if (word == "listen") return take_listener(to, value, descriptors);
  if (word == "secret") {
    auto file = descriptors.take();
    if (!file) return std::unexpected(file.error());
    to.secrets.push_back({std::string(value), std::move(*file)});
    return {};
  }
  if (word == "ticket-keys") {
    to.ticket_keys = value;
    return {};
  }
  return fail("unknown line in the start message: " + printable(word, 40));
}

}  // namespace

std::string_view format_log_target(log_target target) {
  return std::ranges::find(log_names, target, &std::pair<log_target, std::string_view>::first)->second;
}

result<outgoing_start> format_start(start_message const& message) {
  std::vector<int> descriptors;
  std::string text = "start\n";
  bool clean = true;
  auto add_line = [&](std::string_view word, std::string_view value, int descriptor) {
    clean = clean && value.find('\n') == std::string_view::npos;
    text.append(word).append(" ").append(value).append("\n");
    if (descriptor >= 0) descriptors.push_back(descriptor);
  };
  add_line("log", format_log_target(message.log), message.log_file.get());
  for (auto const& one : message.listeners) {
    bool inet = one.type == listening_socket::kind::inet;
    add_line("listen", (inet ? "inet " : "unix ") + one.address, one.fd.get());
  }
  for (auto const& one : message.secrets) add_line("secret", one.path, one.file.get());
  if (!message.ticket_keys.empty()) add_line("ticket-keys", message.ticket_keys, -1);
  outgoing_start out{secret(std::move(text)), std::move(descriptors)};
  if (!clean) return fail("a path or address has a line end in it");
  if (out.text.size() > message_size_max || out.descriptors.size() > os::fds_in_message_max)
    return fail("too many listeners and secrets for one program");
  return out;
}

result<start_message> parse_start(std::string_view text, std::vector<os::unique_fd> descriptors) {
  if (!text.starts_with("start\n") || !text.ends_with('\n')) return fail("the start message is cut off");
  text.remove_prefix(6);
  start_message message;
  descriptor_queue queue(std::move(descriptors));
  while (!text.empty()) {
    auto end = text.find('\n');
    if (auto taken = take_line(message, text.substr(0, end), queue); !taken) return std::unexpected(taken.error());
    text.remove_prefix(end + 1);
  }
  if (!queue.empty()) return fail("more descriptors came than the start message names");
  return message;
}

std::string format_control_message(control_message const& message) {
  auto word = std::ranges::find(control_words, message.what, &std::pair<kind, std::string_view>::first)->second;
  auto out = std::string(word) + " " + std::to_string(message.value);
  if (carries_text(message.what)) out += " " + printable(message.text, control_text_max);
  return out;
}

std::optional<control_message> parse_control_message(std::string_view text) {
  auto [word, value] = split_word(text);
  auto const* row = std::ranges::find(control_words, word, &std::pair<kind, std::string_view>::second);
  if (row == control_words.end()) return std::nullopt;
  std::string_view more;
  if (carries_text(row->first)) std::tie(value, more) = split_word(value);
  auto number = parse_unsigned(value);
  if (!number) return std::nullopt;
  return control_message{row->first, *number, printable(more, control_text_max)};
}

}  // namespace postern::service
