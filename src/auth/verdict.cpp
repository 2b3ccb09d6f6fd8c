#include "auth/verdict.hpp"

#include <array>
#include <utility>

namespace postern::auth {
namespace {

constexpr auto names = std::to_array<std::pair<verdict_code, std::string_view>>({
    {verdict_code::accepted, "accepted"},
    {verdict_code::unknown_user, "unknown_user"},
    {verdict_code::wrong_password, "wrong_password"},
    {verdict_code::locked, "locked"},
    {verdict_code::expired, "expired"},
    {verdict_code::scope_refused, "scope_refused"},
    {verdict_code::network_refused, "network_refused"},
    {verdict_code::not_authorized, "not_authorized"},
    {verdict_code::mechanism_unusable, "mechanism_unusable"},
    {verdict_code::bad_token, "bad_token"},
    {verdict_code::store_unavailable, "store_unavailable"},
    {verdict_code::overloaded, "overloaded"},
});

}  // namespace

std::string_view format_verdict_code(verdict_code code) {
  for (auto const& [each, name] : names) {
    if (each == code) return name;
  }
  return "";
}

}  // namespace postern::auth
