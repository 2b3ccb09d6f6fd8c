#pragma once
// Purpose: cdb:, the constant databases that postmap(1) makes.
// Layout: one file NAME.cdb; keys and values as postmap wrote them, with or without a terminating NUL. It is replaced
//         by rename, never changed.
// Security: tinycdb checks every offset against the file's length.

#include <memory>
#include <string_view>

#include "maps/table.hpp"

namespace postern::maps {

result<std::unique_ptr<table>> open_cdb(std::string_view name);

}  // namespace postern::maps
