#include "admin/remark.hpp"

namespace postern::admin {

std::string_view format_gravity(gravity level) {
  switch (level) {
    case gravity::good:
      return "ok";
    case gravity::note:
      return "note";
    case gravity::warning:
      return "warning";
    case gravity::problem:
      return "problem";
  }
  return "";
}

}  // namespace postern::admin
