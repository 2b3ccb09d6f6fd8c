#include "delivery/per_site_tls.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"

namespace postern::delivery {
namespace {

struct word_row {
  std::string_view word;
  site_tls level;
};

constexpr std::array words{word_row{"NONE", site_tls::none}, word_row{"MAY", site_tls::may},
                           word_row{"MUST_NOPEERMATCH", site_tls::encrypt}, word_row{"MUST", site_tls::verify}};

}  // namespace

std::optional<site_tls> parse_site_tls(std::string_view word) {
  auto row = std::ranges::find_if(words, [&](word_row const& one) { return iequals(one.word, trim(word)); });
  if (row == words.end()) return std::nullopt;
  return row->level;
}

site_tls decide_site_tls(std::optional<site_tls> site, site_tls common) {
  if (!site) return common;
  // MAY takes TLS where there was none, and takes nothing away.
  bool wildcard = *site == site_tls::may && common > site_tls::none;
  return wildcard ? common : *site;
}

per_site_tls per_site_tls::load(config::settings const& settings) {
  per_site_tls out;
  for (auto const& name : settings.list("smtp_tls_per_site")) {
    auto table = maps::open_table(name);
    if (table)
      out.tables_.push_back(std::move(*table));
    else
      log::warning("smtp_tls_per_site: {}; going on without this table", table.error().text);
  }
  return out;
}

result<std::optional<site_tls>> per_site_tls::find(std::string_view next_hop, std::string_view host) const {
  std::optional<site_tls> best;
  for (auto key : {next_hop, host}) {
    for (auto const& table : tables_) {
      auto found = table->find(key);
      if (!found) return fail("smtp_tls_per_site: " + found.error().text);
      if (!*found) continue;
      auto level = parse_site_tls(**found);
      if (!level) {
        return fail(fmt::format("smtp_tls_per_site: '{}' for {} is none of NONE, MAY, MUST_NOPEERMATCH, MUST",
                                printable(**found), key));
      }
      best = best ? std::max(*best, *level) : *level;
      break;  // the first table that knows the key has the say
    }
  }
  return best;
}

}  // namespace postern::delivery
