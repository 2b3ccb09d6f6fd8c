#pragma once
// Purpose: what smtpd and qmgr say to each other on private/qmgr. docs/protocols/queue.md draws it.
// Source: private to one build of Postern; hello carries the version.

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "ipc/channel.hpp"

namespace postern::ipc {

inline constexpr std::uint64_t queue_protocol_version = 1;

enum class queue_message : std::uint16_t {
  hello = 1,           ///< smtpd: version, pid
  segment_wanted = 2,  ///< smtpd: give me a segment (at start, when the old one is full or has failed)
  segment = 3,         ///< qmgr: a segment_grant; one descriptor, write-only and append-only
  refused = 4,         ///< qmgr: no segment, and why (disk full …)
  committed = 5,       ///< smtpd: a message record is on disk
};

/// smtpd → qmgr after the fdatasync. Idempotent: qmgr knows a message by (segment, offset).
struct committed_notice {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;  ///< of the message record
  std::uint64_t length = 0;  ///< of the message record
  friend bool operator==(committed_notice const&, committed_notice const&) = default;
};

/// qmgr → smtpd: the segment to append to, and the number that keeps queue ids of two writers apart.
struct segment_grant {
  std::uint64_t segment = 0;   ///< segment id
  std::uint64_t writer = 0;    ///< writer number, 0 … 4095
  std::uint64_t size_max = 0;  ///< octets; ask for another segment when this one has grown to it
  friend bool operator==(segment_grant const&, segment_grant const&) = default;
};

message format_hello(std::uint64_t pid);
message format_segment_wanted();
message format_segment(segment_grant const& grant, os::unique_fd append_only);
message format_refused(std::string_view why);
message format_committed(committed_notice const& notice);

result<std::uint64_t> parse_hello(message const& in);    ///< the peer's pid; fails when the version differs
result<segment_grant> parse_segment(message const& in);  ///< the descriptor stays in the message
result<std::string> parse_refused(message const& in);
result<committed_notice> parse_committed(message const& in);

}  // namespace postern::ipc
