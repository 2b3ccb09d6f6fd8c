#pragma once
// Purpose: what masterd and a program say to each other over the inherited socket pair (SOCK_SEQPACKET: one message a
//          packet).
// Layout: docs/protocols/supervision.md. The first packet, "start", carries the descriptors that its lines name, in
//         order.
// Limits: message_size_max octets a message, os::fds_in_message_max descriptors.
// Security: a path or address with a line end in it is refused, so no value can forge a line. The ticket seed is wiped.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "os/unique_fd.hpp"
#include "service/environment.hpp"

namespace postern::service {

inline constexpr std::size_t message_size_max = 65536;
inline constexpr std::size_t control_text_max = 3072;

/// Where a program writes its log.
enum class log_target : std::uint8_t { standard_error, file, syslog, journal };
std::string_view format_log_target(log_target target);

struct secret_file {
  std::string path;
  os::unique_fd file;
};

struct start_message {
  log_target log = log_target::standard_error;
  os::unique_fd log_file;  ///< log_target::file only
  std::vector<listening_socket> listeners;
  std::vector<secret_file> secrets;
  std::string ticket_keys;  ///< net::tls_ticket_keys::handed_down(); empty: none
};

/// The text of the packet and, in the order of its lines, the descriptors that go with it.
struct outgoing_start {
  secret text;
  std::vector<int> descriptors;
};
result<outgoing_start> format_start(start_message const& message);

/// Takes the descriptors; fails when their number does not fit the lines or a line is unknown.
result<start_message> parse_start(std::string_view text, std::vector<os::unique_fd> descriptors);

/// Every later message is one line: a word, a number, and for `watch` and `dialogue` a text.
struct control_message {
  enum class kind : std::uint8_t {
    ready,     ///< program → masterd: it serves
    sessions,  ///< program → masterd: how many are open
    stopping,  ///< program → masterd: it takes no more work on its own account
    refused,   ///< program → masterd: the sandbox refused system call `value`; death follows
    stop,      ///< masterd → program: the server stops: finish within `value` seconds
    retire,    ///< masterd → program: others have taken over: sessions may go on for `value` seconds
    watch,     ///< masterd → smtpd: show the dialogues that the filter `text` matches to trace number `value`
    unwatch,   ///< masterd → smtpd: trace number `value` has ended
    dialogue,  ///< smtpd → masterd: a line for trace number `value`
  } what = kind::ready;
  std::uint64_t value = 0;
  std::string text = {};  ///< printable, at most control_text_max octets
};
std::string format_control_message(control_message const& message);
std::optional<control_message> parse_control_message(std::string_view text);

}  // namespace postern::service
