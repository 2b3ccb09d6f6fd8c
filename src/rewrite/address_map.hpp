#pragma once
// Purpose: what tables make of one address: canonical, virtual, generic, bcc. Plain functions over the tables and what
//          has been asked already (maps/lookup.hpp).
// Layout: addresses in the form of message/address.hpp. A value is one or more addresses between commas or spaces;
//         "@domain" keeps the local-part. What was found is completed as an address of this system.
// Errors: a table that could not be asked, or one that leads nowhere, is a map_failure.
// Limits: expansion_limits.
// Source: canonical(5), virtual(5), generic(5), propagate_unmatched_extensions, virtual_alias_*_limit.

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "maps/lookup.hpp"
#include "maps/lookup_keys.hpp"
#include "policy/address_class.hpp"

namespace postern::rewrite {

/// Makes whole what a writer left out.
class address_completer {
 public:
  /// How addresses of this system are completed: append_at_myorigin, append_dot_mydomain, allow_percent_hack,
  /// swap_bangpath.
  static address_completer load(config::settings const& settings);
  /// As load(), but `domain` (remote_header_rewrite_domain) goes where $myorigin would.
  static address_completer load_remote(config::settings const& settings);
  /// The null address stays as it is.
  std::string complete(std::string_view address) const;
  /// True: complete() changes nothing of `address`. Seen cheaply; false where that takes more than a look.
  bool is_complete(std::string_view address) const;

 private:
  std::string origin_;
  std::string domain_;
  bool percent_hack_ = true;
  bool bang_path_ = true;
};

/// How addresses are looked up and what results become.
struct mapping_rules {
  address_completer local;
  maps::extension_rules extensions;
  policy::address_resolver const* addresses = nullptr;  ///< which domains are ours
  std::string origin;                                   ///< $myorigin, lower case
  bool is_ours(std::string_view address) const;
};

struct address_map {
  maps::map_list tables;
  bool propagate_extension = false;  ///< propagate_unmatched_extensions names it

  static result<address_map> load(config::settings const& settings, std::string_view parameter,
                                  std::string_view extension_class);
};

struct map_failure : maps::lookup_failure {
  bool endless = false;  ///< the table answers, but what it says has no end
};
template <class T>
using mapped = std::expected<T, map_failure>;

/// What the table has for the address, as it stands; nothing when it has no entry.
mapped<std::optional<std::vector<std::string>>> find_mapping(address_map const& map, std::string_view address,
                                                             mapping_rules const& rules, maps::answers& known);

/// One address for one, again and again until nothing changes: canonical maps.
mapped<std::string> map_one(address_map const& map, std::string address, mapping_rules const& rules,
                            maps::answers& known);
/// The same, once: generic maps.
mapped<std::string> map_once(address_map const& map, std::string address, mapping_rules const& rules,
                             maps::answers& known);

struct expansion_limits {
  std::size_t expansion = 1000;       ///< virtual_alias_expansion_limit: addresses in all
  std::size_t recursion = 1000;       ///< virtual_alias_recursion_limit
  std::size_t address_length = 1000;  ///< virtual_alias_address_length_limit, octets
};
/// All that an address stands for, aliases of aliases too: virtual_alias_maps.
mapped<std::vector<std::string>> expand_alias(address_map const& map, std::string_view address,
                                              mapping_rules const& rules, expansion_limits const& limits,
                                              maps::answers& known);

}  // namespace postern::rewrite
