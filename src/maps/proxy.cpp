// proxy: is for Postfix's processes, which are many and share one proxymap(8). Ours are few, so the table behind the
// word is opened here; programs that may not read it anyway fail with its own words.

#include <fmt/format.h>

#include "maps/remote_tables.hpp"

namespace postern::maps {

result<std::unique_ptr<table>> open_proxy(std::string_view name) {
  if (name.starts_with("proxy:")) return fail(fmt::format("proxy:{}: one proxy: is enough", name));
  return open_table(name);
}

void ask_for_proxy(std::string_view name, os::sandbox_rules& rules) {
  if (!name.starts_with("proxy:")) ask_for_table(name, rules);
}

}  // namespace postern::maps
