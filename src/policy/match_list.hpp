#pragma once
// Purpose: the match lists of main.cf: domains (mydestination, relay_domains …) and networks (mynetworks …), with
// `!pattern`
//          and `/file/name` entries.
// Errors: a pattern that cannot be understood, a file that cannot be read, and a table type that is not supported yet
// are
//         failures at load time that name the parameter.
// Limits: files nest file_depth_max deep.
// Source: the lists of postconf(5).

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/ip.hpp"
#include "base/result.hpp"

namespace postern::policy {

inline constexpr int file_depth_max = 8;

/// The entries of a list, with /file/name entries replaced by the files' own.
result<std::vector<std::string>> load_list_entries(std::string_view parameter, std::vector<std::string> const& entries,
                                                   int depth = 0);

class domain_match_list {
 public:
  /// `match_subdomains`: "example.com" also matches "www.example.com" (parent_domain_matches_subdomains); otherwise
  /// only
  /// ".example.com" does.
  static result<domain_match_list> load(std::string_view parameter, std::vector<std::string> const& entries,
                                        bool match_subdomains);
  /// `domain` in lower case. The first entry that matches decides.
  bool matches(std::string_view domain) const;
  bool empty() const noexcept { return entries_.empty(); }

 private:
  struct entry {
    std::string pattern;
    bool negative = false;
  };
  bool matches(entry const& one, std::string_view domain) const;
  std::vector<entry> entries_;
  bool match_subdomains_ = false;
};

class network_match_list {
 public:
  static result<network_match_list> load(std::string_view parameter, std::vector<std::string> const& entries);
  /// The network that matched, nullptr when none did or a `!network` did first.
  ip_network const* find(ip_address const& address) const;
  std::vector<ip_network> positive_networks() const;

 private:
  struct entry {
    ip_network network;
    bool negative = false;
  };
  std::vector<entry> entries_;
};

}  // namespace postern::policy
