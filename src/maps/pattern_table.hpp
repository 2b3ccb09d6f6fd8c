#pragma once
// Purpose: pcre: and regexp:, tables of rules "/pattern/flags result" with `!`, if and endif.
// Errors: a rule that Postfix skips is skipped and told in the log with file and line; the others count. A file that
//         cannot be read is a failure. A match that was given up (pattern.hpp) makes find() fail.
// Source: pcre_table(5), regexp_table(5).

#include <memory>
#include <string_view>

#include "maps/table.hpp"

namespace postern::maps {

/// A file, or rules written into main.cf: "{ {/pattern/ result}, {…} }".
result<std::unique_ptr<table>> open_pcre(std::string_view name);
result<std::unique_ptr<table>> open_regexp(std::string_view name);

}  // namespace postern::maps
