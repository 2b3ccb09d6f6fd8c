#include "policy/table_lookup.hpp"

namespace postern::policy {

table_answer look_up(evaluation& run, parameter_tables const& tables, std::vector<maps::lookup_key> const& keys) {
  if (tables.trouble.empty()) return run.look_up(tables.tables, keys);
  table_answer out;
  out.trouble = outcome::refused;
  out.table = tables.trouble;
  run.warn(tables.trouble);
  return out;
}

std::string table_form(resolved_address const& address) {
  return address.domain.empty() ? address.local_part : address.local_part + "@" + address.domain;
}

std::vector<maps::lookup_key> keys_of_address(gate_settings const& settings, resolved_address const& address) {
  bool ours = address.klass == address_class::local || settings.addresses.is_origin(address.domain);
  return maps::address_keys(table_form(address), ours, settings.extensions);
}

}  // namespace postern::policy
