#pragma once
// Purpose: what smtpd asks qmgr on private/verify: would mail for this address be delivered? docs/protocols/verify.md
//          draws it.
// Concurrency: many questions may be under way on one connection; answers come in any order, with the question's
//              number.
// Source: private to one build of Postern.

#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "ipc/channel.hpp"

namespace postern::ipc {

enum class verify_message : std::uint16_t {
  query = 1,   ///< smtpd
  answer = 2,  ///< qmgr
};

struct verify_query {
  std::uint64_t number = 0;
  std::string address;
  std::chrono::milliseconds patience{0};  ///< how long to wait for a probe; 0: say what is known now
  friend bool operator==(verify_query const&, verify_query const&) = default;
};

enum class verify_status : std::uint8_t {
  deliverable = 0,
  deferred = 1,  ///< the probe was put off by whoever takes mail for the address
  undeliverable = 2,
  in_progress = 3,  ///< nobody knows yet
};

struct verify_answer {
  std::uint64_t number = 0;
  verify_status status = verify_status::in_progress;
  std::string text;  ///< what the probe was told
  friend bool operator==(verify_answer const&, verify_answer const&) = default;
};

message format_verify_query(verify_query const& query);
result<verify_query> parse_verify_query(message const& in);
message format_verify_answer(verify_answer const& answer);
result<verify_answer> parse_verify_answer(message const& in);

}  // namespace postern::ipc
