#pragma once
// Purpose: smtp_tls_per_site: how much TLS for one place, by next hop and by name of its host. Obsolete since Postfix
//          2.3, kept because configurations have it.
// Layout: a table's value is NONE, MAY, MUST_NOPEERMATCH or MUST.
// Errors: a table that cannot be opened is warned of when it is loaded, and ignored; one that cannot be asked is a
//         failure, because the mail may need more TLS than it would get without.
// Concurrency: a table that blocks is a question in `answers`.
// Source: TLS_LEGACY_README of Postfix.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "maps/lookup.hpp"

namespace postern::delivery {

/// In the order in which one wins over the other when next hop and host have each its own.
enum class site_tls : std::uint8_t {
  may,      ///< MAY: a wildcard, gives way to everything that is more definite
  none,     ///< NONE
  encrypt,  ///< MUST_NOPEERMATCH
  verify,   ///< MUST: the certificate is trusted and carries the host's name
};

/// Any case; empty for another word.
std::optional<site_tls> parse_site_tls(std::string_view word);

/// What holds for a place that the tables say `site` of, where `common` holds for all.
site_tls decide_site_tls(std::optional<site_tls> site, site_tls common);

class per_site_tls {
 public:
  static per_site_tls load(config::settings const& settings);

  bool empty() const noexcept { return tables_.empty(); }
  bool blocks() const { return tables_.blocks(); }
  /// `next_hop` as the queue manager names it ("[mail.example]:587"), `host` the server's name; empty: not listed.
  std::expected<std::optional<site_tls>, maps::lookup_failure> find(std::string_view next_hop, std::string_view host,
                                                                    maps::answers& known) const;

 private:
  maps::map_list tables_;
};

}  // namespace postern::delivery
