#pragma once
// Purpose: what a directory's entries mean to an ldap: table: which attributes count, and the groups whose members are
//          DNs or URLs that are looked up in turn.
// Errors: expansion_limit, recursion_limit, more entries than size_limit: the lookup fails, it is not cut.
// Limits: searches_max a lookup, so that groups that hold each other end.
// Source: ldap_table(5), special_, leaf_ and terminal_result_attribute

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "maps/key_template.hpp"
#include "maps/ldap_options.hpp"

namespace postern::maps {

/// Is `described` the attribute `named`, or that with options ("mail;lang-de" is a "mail")? [RFC 4512 §2.5]
bool is_attribute(std::string_view named, std::string_view described);

/// Where a special attribute's value leads.
struct ldap_reference {
  std::string base;
  int scope = 0;  ///< LDAP_SCOPE_*
  std::string filter = "(objectClass=*)";
  std::vector<std::string> attributes;
};

class ldap_expansion {
 public:
  static constexpr int searches_max = 10'000;
  using entries = std::vector<ldap_entry>;
  /// A failure is one of the whole lookup.
  using searcher = std::function<result<entries>(ldap_reference const& where)>;

  ldap_expansion(ldap_table_options const& options, address_parts const& key, searcher search)
      : options_(options), search_(std::move(search)), values_(options.result_format, key, options.expansion_limit) {}

  result<std::optional<std::string>> expand(ldap_reference const& first);

 private:
  enum class part : std::uint8_t { terminal, leaf, plain, special, none };
  part part_of(std::string_view described) const;
  result<> take(ldap_reference const& where, int depth);
  result<> take_entry(ldap_entry const& entry, int depth);
  result<> take_values(ldap_attribute const& from);
  result<> follow(ldap_attribute const& from, int depth);
  ldap_reference reference_to(std::string const& value) const;

  ldap_table_options const& options_;
  searcher search_;
  value_list values_;
  int searches_ = 0;
};

}  // namespace postern::maps
