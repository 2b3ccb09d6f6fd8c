#include "policy/questions.hpp"

namespace postern::policy {

std::optional<question> answers::take_wanted() {
  if (auto table = tables_.take_wanted()) return question(std::move(*table));
  return std::exchange(wanted_, std::nullopt);
}

}  // namespace postern::policy
