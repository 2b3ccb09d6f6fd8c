#pragma once
// Purpose: DNS names and the records that mail needs, as values.
// Layout: parse_ functions take a record's data as it stands on the wire, names uncompressed. [RFC 1035 §3.3]
// Errors: empty on data that is malformed or holds more than it should.
// Limits: a name has at most name_octets_max octets and 127 labels. [RFC 1035 §2.3.4]
// Security: a name that came from the net is only passed on when is_host_name() says so.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip.hpp"

namespace postern::dns {

inline constexpr std::size_t name_octets_max = 253;

enum class record_type : std::uint16_t { a = 1, ns = 2, ptr = 12, mx = 15, txt = 16, aaaa = 28 };

/// "MX", for log lines.
std::string_view format_record_type(record_type type);

struct mail_exchanger {
  std::uint16_t preference = 0;  ///< lower is tried first
  std::string host;              ///< lower case, no trailing dot; empty: "accepts no mail" [RFC 7505]
  friend bool operator==(mail_exchanger const&, mail_exchanger const&) = default;
};

std::optional<ip_address> parse_address(record_type type, std::string_view data);
std::optional<mail_exchanger> parse_mail_exchanger(std::string_view data);
/// A whole domain name, lower case, without a trailing dot; the root is "". Octets that no host name has become '?'.
std::optional<std::string> parse_name(std::string_view data);
/// The strings of a TXT record, joined. [RFC 7208 §3.3]
std::optional<std::string> parse_text(std::string_view data);

/// Labels of letters, digits, '-' and '_'; a numeric address is none. A trailing dot is allowed. [RFC 1123 §2.1]
bool is_host_name(std::string_view name);

/// The name to ask for an address's PTR: "1.2.0.192.in-addr.arpa". [RFC 1035 §3.5, RFC 3596 §2.5]
std::string format_reverse_name(ip_address const& address);

}  // namespace postern::dns
