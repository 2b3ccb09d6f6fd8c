#include "policy/restriction.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::policy {
namespace {

struct row {
  std::string_view name;
  restriction_kind kind;
  bool stops_strangers;
};

constexpr std::array<row, 10> known{{
    {"permit", restriction_kind::permit, false},
    {"reject", restriction_kind::reject, true},
    {"defer", restriction_kind::defer, true},
    {"permit_mynetworks", restriction_kind::permit_mynetworks, false},
    {"permit_sasl_authenticated", restriction_kind::permit_sasl_authenticated, false},
    {"permit_auth_destination", restriction_kind::permit_auth_destination, false},
    {"reject_unauth_destination", restriction_kind::reject_unauth_destination, true},
    {"check_relay_domains", restriction_kind::reject_unauth_destination, true},  // Postfix's name of long ago
    {"defer_unauth_destination", restriction_kind::defer_unauth_destination, true},
    {"reject_plaintext_session", restriction_kind::reject_plaintext_session, false},
}};

}  // namespace

bool stops_strangers(std::vector<restriction> const& list) {
  return std::ranges::any_of(list, [](restriction const& one) {
    return std::ranges::any_of(known, [&](row const& r) { return r.kind == one.kind && r.stops_strangers; });
  });
}

restriction_list restriction_list::parse(std::string_view parameter, std::vector<std::string> const& names) {
  restriction_list list;
  list.parameter_ = parameter;
  for (auto const& name : names) {
    auto found = std::ranges::find_if(known, [&](row const& r) { return iequals(r.name, name); });
    bool is_known = found != known.end();
    list.restrictions_.push_back({is_known ? found->kind : restriction_kind::unknown, name});
    if (is_known) continue;
    list.problems_.push_back(fmt::format(
        "{}: restriction '{}' is not supported; clients that reach it get \"451 4.3.5 Server configuration error\"",
        parameter, name));
  }
  return list;
}

}  // namespace postern::policy
