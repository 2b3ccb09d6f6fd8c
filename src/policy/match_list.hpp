#pragma once
// Purpose: the match lists of main.cf: domains (mydestination, relay_domains …) and networks (mynetworks …), with
//          `!pattern`, `/file/name` and `type:table` entries. In a table the key is what counts, not its value.
// Errors: a pattern that cannot be understood, a file that cannot be read and a table that cannot be opened are
//         failures at load time that name the parameter. A table that fails when it is asked: see each function.
// Limits: files nest file_depth_max deep.
// Source: the lists of postconf(5).

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/ip.hpp"
#include "base/result.hpp"
#include "maps/lookup.hpp"

namespace postern::policy {

inline constexpr int file_depth_max = 8;

/// The entries of a list, with /file/name entries replaced by the files' own.
result<std::vector<std::string>> load_list_entries(std::string_view parameter, std::vector<std::string> const& entries,
                                                   int depth = 0);

/// A list of names out of a known set (smtpd_sasl_mechanism_filter) without files and tables: a table stands for those
/// of `names` that are its keys. "static:" stays as it is. Tables that block are refused.
result<std::vector<std::string>> load_names(std::string_view parameter, std::vector<std::string> const& entries,
                                            std::vector<std::string_view> const& names);

class domain_match_list {
 public:
  /// In mydestination, virtual_alias_domains and virtual_mailbox_domains a name stands for itself alone, as in Postfix.
  /// `match_subdomains`: "example.com" also matches "www.example.com" (parent_domain_matches_subdomains); otherwise
  /// only
  /// ".example.com" does.
  static result<domain_match_list> load(std::string_view parameter, std::vector<std::string> const& entries,
                                        bool match_subdomains);
  /// `domain` in lower case. The first entry that matches decides. A table that fails, or blocks, matches nothing here
  /// and is told in the log: ask() where that may not be.
  bool matches(std::string_view domain) const;
  /// As matches(), for decisions that can wait: a table that blocks is a question in `known`, one that fails a failure.
  std::expected<bool, maps::lookup_failure> ask(std::string_view domain, maps::answers& known) const;
  /// Some table can be asked by ask() alone.
  bool blocks() const;
  bool empty() const noexcept { return entries_.empty(); }

 private:
  struct entry {
    std::string pattern;
    bool negative = false;
    std::optional<maps::map_list> table = {};
  };
  bool matches(entry const& one, std::string_view domain) const;
  std::expected<bool, maps::lookup_failure> ask_table(maps::map_list const& table, std::string_view domain,
                                                      maps::answers& known) const;
  std::vector<entry> entries_;
  bool match_subdomains_ = false;
  bool whole_names_ = false;  // a name is what it is: no parents, no ".example.com"
};

class network_match_list {
 public:
  /// Tables that block are refused: clients are matched where nobody can wait.
  static result<network_match_list> load(std::string_view parameter, std::vector<std::string> const& entries);
  /// The network that matched, nullptr when none did or a `!network` did first; good until this thread's next find(). A
  /// table gives the address alone, or the network of all addresses when it has an answer for those that nobody has,
  /// too. A table that fails matches nothing and is told in the log.
  ip_network const* find(ip_address const& address) const;
  /// Without what tables hold.
  std::vector<ip_network> positive_networks() const;

 private:
  struct entry {
    ip_network network = {};
    bool negative = false;
    std::shared_ptr<maps::table> table = {};
    std::string name = {};  ///< the table's
  };
  static bool has(entry const& one, ip_address const& address);
  std::vector<entry> entries_;
};

}  // namespace postern::policy
