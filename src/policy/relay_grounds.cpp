#include "policy/relay_grounds.hpp"

#include <fmt/format.h>

#include "policy/restrictions.hpp"

namespace postern::policy {
namespace {

/// What nobody has: reserved networks [RFC 1122 §3.2.1.3, RFC 1112 §4, RFC 6666], a domain that does not exist
/// [RFC 2606 §2], a digest that is all zero.
std::vector<std::string> keys_of_nobody(evaluation const& run, key_origin origin) {
  constexpr std::string_view nowhere = "stranger.invalid";
  switch (origin) {
    case key_origin::address:
      if (run.client.address.is_v6()) return {"100::8", "5f00::8"};
      return {"0.0.0.8", "240.0.0.8"};
    case key_origin::name:
      return {std::string(nowhere)};
    case key_origin::recipient:
      return {run.to->local_part + "@" + std::string(nowhere)};
    case key_origin::certificate:
      return {"00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00"};
    case key_origin::claimed:
    case key_origin::login:
      return {};
  }
  return {};
}

}  // namespace

relay_grounds find_relay_grounds(evaluation& run, maps::map_list const& table, table_answer const& found,
                                 key_origin origin, std::string_view restriction) {
  // "postmaster@" names no destination: it would let anybody write to every postmaster of the world.
  bool names_nothing = origin == key_origin::recipient && found.key.ends_with('@');
  bool wanted = run.to != nullptr && !is_authorized_destination(*run.to) && !run.relay_grounds &&
                run.access() == aspect::recipient;
  if (origin == key_origin::claimed || names_nothing || !wanted) return {};
  for (auto const& key : keys_of_nobody(run, origin)) {
    run.trace_lookup("does it let in everybody?", "asked for what nobody has:");
    auto of_nobody = run.look_up(table, {{key}});
    if (of_nobody.trouble == outcome::pending) return {std::nullopt, true};
    if (of_nobody.trouble != outcome::none) return {};
    if (of_nobody.value == found.value) {
      run.warn(fmt::format("{}: says '{}' for {} too, which nobody has: it lets in everybody and is no ground to relay",
                           found.table, *found.value, key));
      return {};
    }
  }
  return {fmt::format("{} ({})", restriction, found.key), false};
}

}  // namespace postern::policy
