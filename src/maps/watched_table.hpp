#pragma once
// Purpose: a table of a file that is read anew when the file changed, without a restart.
// Errors: a new version that cannot be opened leaves the old one in use and is told in the log, once a version.
// Limits: the file is looked at once in watch_interval at most; a change is seen after that.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "maps/table.hpp"

namespace postern::maps {

inline constexpr std::chrono::milliseconds watch_interval{1000};

using table_opener = std::function<result<std::unique_ptr<table>>()>;

/// `open` is called now and whenever `path` has become another file or other content.
result<std::unique_ptr<table>> watch_file(std::string path, table_opener open);

}  // namespace postern::maps
