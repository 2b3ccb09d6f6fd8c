#pragma once
// Purpose: a message in the spool: envelope, session facts for the log, and where its content stands.
// Layout: docs/formats/spool.md. Content is in wire form: CRLF line ends, not dot-stuffed, all header changes made.
// Units: arrival in microseconds since 1970 on disk; sizes in octets.
// Limits: a message of up to inline_content_max is one record; of a larger one no record holds more than
//         chunk_content_max.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "queue/location.hpp"
#include "queue/queue_id.hpp"

namespace postern::queue {

enum class recipient_class : std::uint8_t { local = 1, remote = 2, virtual_mailbox = 3, relay = 4 };
enum class body_type : std::uint8_t { seven_bit = 0, eight_bit = 1 };
enum class return_content : std::uint8_t { unset = 0, full = 1, headers = 2 };  ///< RET= [RFC 3461 §4.3]
enum class lane : std::uint8_t { user = 0, system = 1 };                        ///< people's mail, bounces and notices

/// NOTIFY= as bits; 0: not given. [RFC 3461 §4.1]
namespace notify {
inline constexpr std::uint8_t never = 1, success = 2, failure = 4, delay = 8;
}

struct recipient {
  std::string address;  ///< forward-path without angle brackets
  std::string orcpt;    ///< as given, still xtext: "rfc822;joe@example.com"; empty: not given [RFC 3461 §4.2]
  std::uint8_t notify = 0;
  recipient_class klass = recipient_class::remote;
  std::string original = {};  ///< as it was before aliases and rewriting; empty: the same
  friend bool operator==(recipient const&, recipient const&) = default;
};

/// For log lines only; nothing decides by it.
struct session_facts {
  std::string session_id;
  std::string client_address;
  std::string client_name;
  std::string helo;
  std::string protocol;  ///< "ESMTPSA"
  std::string sasl_username;
  std::string sasl_method;
  friend bool operator==(session_facts const&, session_facts const&) = default;
};

struct envelope {
  queue_id id;
  wall_time arrival;
  std::string sender;  ///< reverse-path without angle brackets; empty: the null reverse-path
  body_type body = body_type::seven_bit;
  bool smtputf8 = false;
  return_content ret = return_content::unset;
  std::string envid;  ///< still xtext
  lane priority = lane::user;
  std::optional<location> relocated_from;  ///< this record is a copy made by relocation
  session_facts session;
  std::optional<std::string> hold = {};  ///< waits in the hold queue from the start, and why
  std::string filter = {};  ///< "transport:nexthop" that the whole message goes to; empty: by its recipients
  std::vector<recipient> recipients;
  friend bool operator==(envelope const&, envelope const&) = default;
};

/// A message record as read back.
struct stored_message {
  envelope env;
  std::vector<extent> content;      ///< in order, all in the message's own segment
  std::uint64_t content_size = 0;   ///< sum of the extents
  std::uint64_t header_length = 0;  ///< octets of content up to and including the empty line
};

/// `body` is a message record's body and `place` where its record starts; empty when malformed.
std::optional<stored_message> parse_message_record(std::string_view body, location place);

struct builder_limits {
  std::size_t inline_content_max = 64U << 10;
  std::size_t chunk_content_max = 256U << 10;
};

/// Builds the records of one message while its content arrives. A small message is one record; a larger one spills
/// chunks:
///   append(…); while (chunk_ready()) { place = writer.submit(take_chunk(), …); on_chunk_placed(place); } … finish(…)
class message_builder {
 public:
  explicit message_builder(envelope const& env, builder_limits limits = {});

  void append(std::string_view content);
  std::uint64_t content_size() const noexcept { return content_size_; }
  bool chunk_ready() const noexcept { return pending_.size() >= record_start_ + limits_.chunk_content_max; }
  /// A closed chunk record that is to be appended to the segment now.
  std::string take_chunk();
  /// Says where the last taken chunk went. All chunks and the message must go to one segment.
  void on_chunk_placed(location place);
  /// Takes another envelope in the place of the one it was made with; the content stays.
  void replace_envelope(envelope const& env);
  /// The closed message record. Pre: !chunk_ready(). `header_length` as in stored_message.
  std::string finish(std::uint64_t header_length);

 private:
  builder_limits limits_;
  std::string pending_;       ///< a record under construction: message record first, chunk record after a spill
  std::size_t record_start_;  ///< where content starts in pending_
  std::string head_;          ///< header space, fixed part and envelope, kept aside after the first spill
  std::vector<extent> chunks_;
  std::uint64_t last_chunk_length_ = 0;
  std::uint64_t content_size_ = 0;
};

}  // namespace postern::queue
