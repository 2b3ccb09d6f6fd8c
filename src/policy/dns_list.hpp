#pragma once
// Purpose: a block or allow list in the DNS as a restriction names it: its domain, and which answers count.
// Layout: "DOMAIN" or "DOMAIN=D.D.D.D", each D a number or "[n;n..m]". [postscreen_dnsbl_sites, reject_rbl_client]
// Source: RFC 5782; postconf(5).

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ip.hpp"
#include "base/result.hpp"

namespace postern::policy {

/// Which IPv4 addresses an answer may be.
class answer_filter {
 public:
  static result<answer_filter> parse(std::string_view text);
  bool matches(ip_address const& answer) const;

 private:
  using range = std::pair<std::uint8_t, std::uint8_t>;
  std::array<std::vector<range>, 4> octets_;
};

struct dns_list {
  std::string domain;
  std::vector<answer_filter> filters;  ///< empty: every answer counts
  bool counts(ip_address const& answer) const;
};
result<dns_list> parse_dns_list(std::string_view written);

/// "2.0.0.127.DOMAIN"; IPv6 by nibbles. [RFC 5782 §2.1, §2.4]
std::string format_list_query(ip_address const& address, std::string_view domain);

}  // namespace postern::policy
