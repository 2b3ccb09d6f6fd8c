#include "delivery/relocated.hpp"

#include <fmt/format.h>

#include "base/log.hpp"

namespace postern::delivery {
namespace {

constexpr char const* parameter = "relocated_maps";

}  // namespace

relocated_addresses relocated_addresses::load(config::settings const& settings) {
  relocated_addresses out;
  out.extensions_ = maps::extension_rules::load(settings);
  auto tables = maps::map_list::load(parameter, settings.list(parameter));
  if (!tables) {
    out.trouble_ = tables.error().text;
    log::error("{}: mail waits until that is mended", out.trouble_);
  } else if (tables->blocks()) {
    log::warning("{}: tables that ask another program are asked by smtpd alone", parameter);
  } else {
    out.tables_ = std::move(*tables);
  }
  return out;
}

std::optional<queue::route> relocated_addresses::find(policy::resolved_address const& to) const {
  if (!trouble_.empty()) return queue::route{"retry", "4.3.0 relocated_maps lookup failure"};
  if (tables_.empty()) return std::nullopt;
  maps::answers known;
  bool const is_local = to.klass == policy::address_class::local;
  for (auto const& key : maps::address_keys(to.local_part + "@" + to.domain, is_local, extensions_)) {
    auto const found = key.part ? tables_.find_part(key.text, known) : tables_.find(key.text, known);
    if (!found) return queue::route{"retry", "4.3.0 relocated_maps lookup failure"};
    if (*found) return queue::route{"error", "5.1.6 User has moved to " + (*found)->value};
  }
  return std::nullopt;
}

}  // namespace postern::delivery
