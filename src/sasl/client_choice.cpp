#include "sasl/client_choice.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sasl/mechanism_filter.hpp"

namespace postern::sasl {
namespace {

bool is_token(mechanism_row const& row) { return row.needs == credential_need::token_verifier; }

bool can_use(mechanism_row const& row, client_credentials const& credentials) {
  if (row.name == "GSSAPI" && !credentials.make_gss) return false;
  if (row.name.ends_with("-PLUS") && credentials.bindings.empty()) return false;
  bool const goes_without_password = row.needs == credential_need::nothing || row.needs == credential_need::certificate;
  return credentials.password.empty() == goes_without_password;
}

}  // namespace

mechanism_row const* choose_client_mechanism(std::span<std::string const> offered, security_options const& wanted,
                                             std::span<std::string const> filter,
                                             client_credentials const& credentials) {
  mechanism_row const* token = nullptr;
  mechanism_row const* last = nullptr;
  for (auto const& row : mechanisms()) {
    bool const is_offered = std::ranges::any_of(offered, [&](auto const& name) { return iequals(name, row.name); });
    if (!is_offered || !passes_filter(filter, row.name) || !permits(wanted, row.cyrus)) continue;
    if (!can_use(row, credentials)) continue;
    if (row.name == "NTLM") {
      last = &row;
    } else if (!is_token(row)) {
      return &row;
    } else if (token == nullptr) {
      token = &row;
    }
  }
  return last != nullptr ? last : filter.empty() ? nullptr : token;
}

}  // namespace postern::sasl
