#include "policy/access_query.hpp"

#include <fmt/format.h>

#include "policy/access_action.hpp"

namespace postern::policy {

access_result ask_table(evaluation& run, restriction const& one, table_query const& query) {
  auto found = run.look_up(one.table, query.keys);
  if (found.trouble == outcome::pending) return {outcome::pending, true};
  access_answer answer{found.table, {}, query.datum, query.about};
  if (found.trouble == outcome::refused) {
    answer.value = "451 4.3.5 Server configuration error";
    return {apply_access_answer(run, answer), true};
  }
  if (!found.value) return {};
  answer.value = *found.value;
  if (may_permit(answer.value)) {
    auto grounds = find_relay_grounds(run, one.table, found, query.origin, one.text);
    if (grounds.pending) return {outcome::pending, true};
    answer.grounds = std::move(grounds.text);
  }
  return {apply_access_answer(run, answer), true};
}

outcome forbid_permit(evaluation& run, restriction const& one, outcome said, std::string_view name) {
  if (said != outcome::permitted) return said;
  run.warn(
      fmt::format("restriction {} returns OK for {}; this is not allowed for security reasons; use DUNNO instead "
                  "of OK if you want to make an exception",
                  one.row->name, name));
  return run.misconfigured(fmt::format("{} says OK for {}, which the client can choose", one.text, name));
}

}  // namespace postern::policy
