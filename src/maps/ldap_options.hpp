#pragma once
// Purpose: the keys of ldap: tables as values.
// Errors: name the file, the line and the remedy.
// Source: ldap_table(5) of Postfix

#include <string>
#include <vector>

#include "base/result.hpp"
#include "maps/key_template.hpp"
#include "maps/ldap/connection.hpp"
#include "maps/ldap/server_options.hpp"
#include "maps/table_options.hpp"

namespace postern::maps {

struct ldap_table_options {
  ldap_server_options server;
  bool binds = true;
  ldap_identity identity;  ///< empty: anonymous
  key_template search_base;
  key_template query_filter;
  key_template result_format;
  int scope = 2;  ///< LDAP_SCOPE_*
  std::vector<std::string> domains;
  std::size_t expansion_limit = 0;  ///< values; 0: none
  int recursion_limit = 1000;

  /// Of an entry that has one of these nothing else counts.
  std::vector<std::string> terminal_attributes;
  /// Left out where an entry has special attributes.
  std::vector<std::string> leaf_attributes;
  std::vector<std::string> attributes;
  /// Their values are DNs or LDAP URLs that are looked up in turn.
  std::vector<std::string> special_attributes;
  /// In that order.
  std::vector<std::string> all_attributes() const;
};

result<ldap_table_options> parse_ldap_table_options(table_options const& from);

}  // namespace postern::maps
