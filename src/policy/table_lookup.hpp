#pragma once
// Purpose: looking things up in the tables of parameters, by the keys that Postfix uses.

#include <vector>

#include "policy/evaluation.hpp"

namespace postern::policy {

/// As evaluation::look_up(); tables that cannot be opened are in trouble.
table_answer look_up(evaluation& run, parameter_tables const& tables, std::vector<maps::lookup_key> const& keys);

/// user+foo@domain, user@domain, …, @domain.
std::vector<maps::lookup_key> keys_of_address(gate_settings const& settings, resolved_address const& address);

/// The address without quotes, as tables have it.
std::string table_form(resolved_address const& address);

}  // namespace postern::policy
