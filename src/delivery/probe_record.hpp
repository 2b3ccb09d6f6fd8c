#pragma once
// Purpose: what is remembered of an address that was probed, and when it is probed again. Pure.
// Layout: "status:probed:updated:text", as Postfix's verify(8) keeps it: status 0 deliverable, 1 deferred,
//         2 undeliverable, 3 not known; times in seconds since 1970.
// Source: address_verify_{positive,negative}_{expire,refresh}_time, address_verify_negative_cache of postconf(5).

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "ipc/verify_protocol.hpp"

namespace postern::delivery {

struct probe_record {
  ipc::verify_status status = ipc::verify_status::in_progress;
  wall_time probed{};   ///< the last probe began
  wall_time updated{};  ///< its answer came
  std::string text;
  friend bool operator==(probe_record const&, probe_record const&) = default;
};

struct probe_ages {
  std::chrono::seconds positive_expire{std::chrono::days(31)};
  std::chrono::seconds positive_refresh{std::chrono::days(7)};
  std::chrono::seconds negative_expire{std::chrono::days(3)};
  std::chrono::seconds negative_refresh{std::chrono::hours(3)};
  bool keeps_failures = true;
};

std::string format_probe_record(probe_record const& record);
std::optional<probe_record> parse_probe_record(std::string_view text);

/// It says nothing any more.
bool is_expired(probe_record const& record, probe_ages const& ages, wall_time now);
/// It still counts, and a new probe is due all the same.
bool is_stale(probe_record const& record, probe_ages const& ages, wall_time now);
/// Whether what a probe found takes the place of what is known. A failure does not overrule a success that has not
/// expired: the next question makes a new probe.
bool is_worth_keeping(probe_record const& found, probe_record const* known, probe_ages const& ages, wall_time now);

}  // namespace postern::delivery
