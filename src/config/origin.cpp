#include "config/origin.hpp"

#include <fmt/format.h>

namespace postern::config {

std::string origin::text() const {
  switch (from) {
    case kind::built_in:
      return "built-in default";
    case kind::detected:
      return "detected";
    case kind::command_line:
      return file.empty() ? "-o" : file;
    case kind::private_dir:
      return "--dir";
    case kind::main_cf:
    case kind::master_cf:
      return line == 0 ? file : fmt::format("{}:{}", file, line);
  }
  return {};
}

}  // namespace postern::config
