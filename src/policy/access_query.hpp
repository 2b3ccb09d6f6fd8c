#pragma once
// Purpose: asking an access table and doing what it says.

#include <string>
#include <vector>

#include "policy/evaluation.hpp"
#include "policy/relay_grounds.hpp"

namespace postern::policy {

struct table_query {
  std::vector<maps::lookup_key> keys;
  subject about;
  std::string datum;  ///< what is looked up, for log lines
  key_origin origin = key_origin::claimed;
};

struct access_result {
  outcome said = outcome::none;
  bool found = false;  ///< the table had something (or could not be asked): nothing else is looked up
};
access_result ask_table(evaluation& run, restriction const& one, table_query const& query);

/// A name that anybody can give its address lets nobody in: an OK becomes a configuration error.
outcome forbid_permit(evaluation& run, restriction const& one, outcome said, std::string_view name);

}  // namespace postern::policy
