#include "policy/questions.hpp"

namespace postern::policy {

std::string_view format_dns_kind(dns_kind kind) {
  switch (kind) {
    case dns_kind::host_addresses:
      return "A/AAAA";
    case dns_kind::ipv4_addresses:
      return "A";
    case dns_kind::mail_exchangers:
      return "MX";
    case dns_kind::name_servers:
      return "NS";
    case dns_kind::texts:
      return "TXT";
  }
  return "?";
}

std::optional<question> answers::take_wanted() {
  if (auto table = tables_.take_wanted()) return question(std::move(*table));
  return std::exchange(wanted_, std::nullopt);
}

}  // namespace postern::policy
