#pragma once
// Purpose: lmdb:, the LMDB files that postmap(1) makes.
// Layout: one file NAME.lmdb without a lock file beside it; keys and values as postmap wrote them, with or without a
//         terminating NUL.
// Concurrency: a look-up sees one committed state. Writers that change the file in place (Postfix's postmap) are not
//              waited for: LMDB reuses the pages of a state only after a second commit, a look-up takes microseconds.
// Limits: keys of 511 octets, as LMDB has it; longer ones have no entry.

#include <memory>
#include <string_view>

#include "maps/table.hpp"

namespace postern::maps {

result<std::unique_ptr<table>> open_lmdb(std::string_view name);

}  // namespace postern::maps
