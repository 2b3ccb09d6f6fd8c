#pragma once
// Purpose: the sender of address probes, and how this server knows it again when it comes back as a recipient.
// Layout: address_verify_sender with its domain; with address_verify_sender_ttl the number of the period that the time
//         falls into stands behind the local-part, in base 31 (digits and consonants).
// Units: seconds since 1970, divided by the ttl.
// Source: address_verify_sender, address_verify_sender_ttl of postconf(5); the digits are those of Postfix.

#include <chrono>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "config/settings.hpp"

namespace postern::policy {

class probe_sender {
 public:
  /// Knows nothing again.
  probe_sender() = default;
  static probe_sender load(config::settings const& settings);

  /// The reverse-path of a probe; empty for the null one.
  std::string at(wall_time now) const;
  /// A probe of now, or of the period before or after, has this sender. The null reverse-path is nobody's.
  bool knows(std::string_view address, wall_time now) const;
  /// The address without the changing part.
  std::string plain() const;

 private:
  std::string in_period(std::uint64_t number) const;

  std::string local_part_;
  std::string domain_;
  std::chrono::seconds ttl_{0};
};

}  // namespace postern::policy
