#include "admin/device_hints.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sasl/mechanism_filter.hpp"

namespace postern::admin {
namespace {

bool offers_external(config::settings const& from) {
  auto const filter = from.list("smtpd_sasl_mechanism_filter");
  auto const served = from.list("authd_mechanisms");
  return sasl::passes_filter(filter, "EXTERNAL") &&
         std::ranges::any_of(served, [](auto const& one) { return iequals(one, "external"); });
}

bool permits_by_certificate(config::settings const& from) {
  return std::ranges::any_of(
      std::initializer_list<char const*>{"smtpd_relay_restrictions", "smtpd_recipient_restrictions"},
      [&](auto const* name) { return from.text(name).find("permit_tls_all_clientcerts") != std::string::npos; });
}

}  // namespace

std::vector<std::string> list_device_hints(config::settings const& from) {
  std::vector<std::string> out;
  if (!from.boolean("smtpd_tls_ask_ccert") && !from.boolean("smtpd_tls_req_ccert")) {
    out.emplace_back("smtpd asks for no client certificates; set smtpd_tls_ask_ccert = yes where users send");
  }
  if (!offers_external(from) && !permits_by_certificate(from)) {
    out.emplace_back(
        "a device certificate permits nothing yet: set smtpd_sasl_mechanism_filter = static:all for AUTH EXTERNAL, or "
        "put permit_tls_all_clientcerts into smtpd_relay_restrictions");
  }
  return out;
}

}  // namespace postern::admin
