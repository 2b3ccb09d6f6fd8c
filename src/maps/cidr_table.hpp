#pragma once
// Purpose: cidr:, a table of rules "network result" with `!`, if and endif.
// Layout: rules are filed by prefix length and network, so that 100,000 are asked as quickly as ten; of those that
//         match the first of the file answers, as Postfix has it.
// Errors: a rule that Postfix skips is skipped and told in the log with file and line. A key that is no address has no
//         entry.
// Source: cidr_table(5).

#include <memory>
#include <string_view>

#include "maps/table.hpp"

namespace postern::maps {

/// A file, or rules written into main.cf: "{ {network result}, {…} }".
result<std::unique_ptr<table>> open_cidr(std::string_view name);

}  // namespace postern::maps
