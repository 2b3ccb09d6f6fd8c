#pragma once
// Purpose: what `postern queue` and qmgr say to each other on public/qmgr-admin. docs/protocols/queue.md draws it.
// Layout: one request a connection; then rows, pieces of text, and last one done.
// Security: whoever may connect to the socket may see and change the queue; its directory's mode is the gate.
// Source: private to one build of Postern.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ipc/channel.hpp"

namespace postern::ipc {

enum class admin_message : std::uint16_t {
  request = 1,  ///< the command: what to do to which messages
  row = 2,      ///< qmgr: one message of the queue
  text = 3,     ///< qmgr: a piece of a message's header section (show)
  done = 4,     ///< qmgr: how it ended
};

enum class queue_verb : std::uint8_t {
  list = 0,
  show = 1,
  flush = 2,
  hold = 3,
  release = 4,
  remove = 5,
  tell_of_account = 6,  ///< writes to postmaster and user that this account is held, and why
  release_account = 7,  ///< lets go what was held because this account was
};

struct admin_request {
  queue_verb verb = queue_verb::list;
  std::string subject;    ///< a queue id; "ALL"; for flush also a next hop; an account; empty for list
  std::string text = {};  ///< tell_of_account: the reason
  friend bool operator==(admin_request const&, admin_request const&) = default;
};

enum class queue_place : std::uint8_t { active = 0, deferred = 1, hold = 2 };

struct queue_row {
  std::string queue_id;
  queue_place place = queue_place::active;
  std::uint64_t octets = 0;
  std::uint64_t arrival_unix_s = 0;
  std::uint64_t next_retry_unix_s = 0;  ///< 0: none is set
  std::uint64_t attempts = 0;
  std::string sender;
  std::string session_id;
  std::string client;  ///< "name[address]" of whom it came from; empty for own mail
  struct recipient {
    std::string address;
    std::string reason;  ///< of the last attempt, empty before the first
    std::string transport;
    std::string next_hop;
    friend bool operator==(recipient const&, recipient const&) = default;
  };
  std::vector<recipient> recipients;  ///< those that are not done
  friend bool operator==(queue_row const&, queue_row const&) = default;
};

struct admin_done {
  bool ok = true;
  std::uint64_t count = 0;  ///< messages listed or changed
  std::string text;         ///< why not
  friend bool operator==(admin_done const&, admin_done const&) = default;
};

message format_admin_request(admin_request const& request);
message format_queue_row(queue_row const& row);
message format_admin_text(std::string_view text);
message format_admin_done(admin_done const& done);

result<admin_request> parse_admin_request(message const& in);
result<queue_row> parse_queue_row(message const& in);
result<std::string> parse_admin_text(message const& in);
result<admin_done> parse_admin_done(message const& in);

}  // namespace postern::ipc
