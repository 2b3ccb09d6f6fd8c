#include "service/master/masterd_options.hpp"

namespace postern::service::master {

result<masterd_options> parse_masterd_options(std::span<char const* const> arguments) {
  masterd_options out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view option = arguments[i];
    bool wants_value = option == "--dir" || option == "-c" || option == "--config-dir";
    if (wants_value && i + 1 == arguments.size()) return fail("option " + std::string(option) + " wants a value");
    if (option == "--dir") {
      out.private_dir = arguments[++i];
    } else if (wants_value) {
      out.config_dir = arguments[++i];
    } else if (option == "--daemon") {
      out.daemon = true;
    } else if (option == "-v") {
      out.verbose = true;
    } else {
      return fail("unknown option \"" + std::string(option) + "\"; known are --dir DIR, -c CONFDIR, --daemon, -v");
    }
  }
  return out;
}

}  // namespace postern::service::master
