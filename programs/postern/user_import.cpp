// postern user import: all accounts of a file, or none.
#include <algorithm>
#include <cstdio>

#include <fmt/ranges.h>

#include "auth/account_settings.hpp"
#include "auth/auth_options.hpp"
#include "auth/import/import.hpp"

#include "programs/postern/user_command.hpp"

namespace postern::cli::user {
namespace {

void say_result(auth::import_outcome const& outcome) {
  auto const waiting = std::ranges::count_if(outcome.candidates, [](auto const& one) { return !one.plaintext; });
  auto const all = outcome.candidates.size();
  fmt::print("imported {} account{}\n", all, all == 1 ? "" : "s");
  if (waiting == 0) return;
  fmt::print(
      "With the other program's hash, until their first login with the password (PLAIN or LOGIN): {}.\n"
      "Until then they cannot log in by SCRAM, and authd does not offer it.\n",
      waiting);
}

}  // namespace

int import_accounts(auth::account_store& store, request const& what) {
  auto const* const format = auth::find_import_format(what.format);
  if (format == nullptr) {
    std::vector<std::string_view> names;
    for (auto const& one : auth::import_formats()) names.push_back(one.name);
    say_failure(fmt::format("import needs --format, one of {}", fmt::join(names, ", ")));
    return wrong_usage;
  }
  auto const weak = auth::load_weak_secrets(*what.settings);
  if (!weak) return say_failure(weak.error().text);
  auto outcome = format->load({what.words[0], auth::load_account_names(*what.settings), what.default_scheme});
  if (!outcome) return say_failure(outcome.error().text);
  if (auto const looked = auth::find_collisions(store, *outcome); !looked) return say_failure(looked.error().text);
  for (auto const& remark : outcome->remarks) fmt::print(stderr, "{}\n", remark);
  if (!outcome->problems.empty()) {
    for (auto const& problem : outcome->problems) fmt::print(stderr, "{}\n", problem);
    return say_failure("nothing was imported");
  }
  if (outcome->candidates.empty()) return say_failure("there is nothing to import in " + what.words[0]);
  auto const stored = auth::store_candidates(store, outcome->candidates, {}, *weak, wall_time::clock::now());
  if (!stored) return say_failure(stored.error().text + "; nothing was imported");
  say_result(*outcome);
  return done;
}

}  // namespace postern::cli::user
