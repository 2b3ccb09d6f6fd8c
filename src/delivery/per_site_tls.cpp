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

constexpr auto parameter = "smtp_tls_per_site";

std::unexpected<maps::lookup_failure> failed(std::string const& text) {
  return std::unexpected(maps::lookup_failure{maps::lookup_trouble::failed, fmt::format("{}: {}", parameter, text)});
}

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
  std::vector<std::string> usable;
  for (auto const& name : settings.list(parameter)) {
    auto const table = maps::open_table(name);
    if (table)
      usable.push_back(name);
    else
      log::warning("{}: {}; going on without this table", parameter, table.error().text);
  }
  per_site_tls out;
  if (auto tables = maps::map_list::load(parameter, usable)) out.tables_ = std::move(*tables);
  return out;
}

std::expected<std::optional<site_tls>, maps::lookup_failure> per_site_tls::find(std::string_view next_hop,
                                                                                std::string_view host,
                                                                                maps::answers& known) const {
  std::optional<site_tls> best;
  for (auto key : {next_hop, host}) {
    auto const found = tables_.find(key, known);
    if (!found && found.error().what == maps::lookup_trouble::pending) return std::unexpected(found.error());
    if (!found) return failed(found.error().text);
    if (!*found) continue;
    auto const level = parse_site_tls((*found)->value);
    if (!level) {
      return failed(
          fmt::format("'{}' for {} is none of NONE, MAY, MUST_NOPEERMATCH, MUST", printable((*found)->value), key));
    }
    best = best ? std::max(*best, *level) : *level;
  }
  return best;
}

}  // namespace postern::delivery
