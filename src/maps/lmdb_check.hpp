#pragma once
// Purpose: whether an LMDB file is whole. LMDB trusts its pages: one that was cut off or overwritten makes it crash,
//          and a program that meets it at each start would crash for ever.
// Errors: "damaged": no system_error; what kept us from looking: with one.
// Concurrency: forks: only for programs that have no threads yet, and of a file that nobody writes. Blocks.
// Limits: check_limit, which a file that leads in circles runs into.
// Security: looks in a child process, which may crash.

#include <chrono>
#include <string>

#include "base/result.hpp"

namespace postern::maps {

inline constexpr std::chrono::seconds check_limit{60};

/// A file that is missing or empty is whole: LMDB makes it.
result<> check_lmdb_file(std::string const& path);

}  // namespace postern::maps
