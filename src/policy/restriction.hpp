#pragma once
// Purpose: the restrictions that a list in main.cf may name, one row each, and lists of them made ready: tables opened,
//          arguments parsed, classes resolved, so that a decision parses nothing.
// Errors: what cannot be understood (a name nobody knows, an argument that is missing, a table that cannot be opened)
//         is kept with its trouble and answers "451 4.3.5 Server configuration error" when its turn comes, as Postfix
//         does; problems() names it for the log and for `postern check`.
// Concurrency: never changes after it was parsed.
// Source: postconf(5) of Postfix 3.7, each restriction under the list where it is described.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "maps/lookup.hpp"
#include "policy/dns_list.hpp"
#include "policy/policy_service.hpp"
#include "policy/questions.hpp"

namespace postern::policy {

class evaluation;
class restriction_list;
struct restriction;

/// What one restriction, or a list of them, came to.
enum class outcome : std::uint8_t {
  none,       ///< it has nothing to say: go on
  permitted,  ///< ends the list
  refused,    ///< ends the decision
  pending,    ///< something has to be asked first
};

/// What a restriction looks at.
enum class aspect : std::uint8_t { any, client, reverse_client, helo, sender, recipient, etrn, certificate, login };

enum class argument_kind : std::uint8_t { none, table, tables_by_order, service, dns_list, seconds, next };

/// How far a restriction goes towards keeping strangers from relaying: Postfix runs only with one that does.
enum class stop : std::uint8_t { nobody, strangers };

struct restriction_row {
  std::string_view name;
  argument_kind argument = argument_kind::none;
  outcome (*decide)(evaluation&, restriction const&) = nullptr;
  aspect about = aspect::any;
  dns_kind records = dns_kind::host_addresses;  ///< of check_*_{a,mx,ns}_access
  stop stops = stop::nobody;
  std::string_view instead = {};  ///< for names of old: what to write now
};
std::span<restriction_row const> restriction_table();
/// nullptr: there is no restriction of that name.
restriction_row const* find_restriction(std::string_view name);

/// Where check_ccert_access looks.
enum class certificate_key : std::uint8_t { fingerprint, key_fingerprint };

struct restriction {
  restriction_row const* row = nullptr;  ///< null: `trouble` says why
  std::string text;                      ///< as written, with its argument
  std::string trouble;
  bool skipped = false;  ///< it has nothing to say, because of its trouble
  std::string argument;
  maps::map_list table;
  std::vector<certificate_key> search_order;
  std::shared_ptr<policy_service const> service;
  dns_list list;
  std::chrono::seconds pause{0};
  restriction_list const* inner = nullptr;  ///< of a restriction class
};

/// What stands for itself where a table is named without check_…_access: the list's own.
using default_access = aspect;

/// Everything that lists are made of besides their words.
class restriction_sources {
 public:
  explicit restriction_sources(config::settings const& settings);
  config::settings const& settings() const noexcept { return settings_; }
  /// The same table is opened once.
  result<maps::map_list> open(std::string const& table);
  /// Every table that was opened.
  std::vector<std::string> table_names() const;
  /// The classes, each as it is in one kind of list.
  std::vector<restriction_list const*> classes() const;
  /// nullptr: there is no class of that name.
  restriction_list const* find_class(std::string_view name, default_access access) const;

 private:
  void load_classes();
  config::settings settings_;
  std::map<std::string, maps::map_list> tables_;
  std::map<std::pair<std::string, default_access>, restriction_list> classes_;
  std::vector<std::string> class_names_;
};

class restriction_list {
 public:
  static restriction_list parse(std::string_view parameter, std::vector<std::string> const& words,
                                default_access access, restriction_sources& sources);
  /// The answer of an access table: names of restrictions and classes, no tables.
  static restriction_list parse_answer(std::vector<std::string> const& words, default_access access,
                                       restriction_sources const& sources);
  std::string const& parameter() const noexcept { return parameter_; }
  std::vector<restriction> const& restrictions() const noexcept { return restrictions_; }
  bool empty() const noexcept { return restrictions_.empty(); }
  default_access access() const noexcept { return access_; }
  std::vector<std::string> problems() const;

 private:
  friend class list_parser;
  std::string parameter_;
  default_access access_ = aspect::any;
  std::vector<restriction> restrictions_;
};

/// Whether the list can stop a stranger from relaying.
bool stops_strangers(restriction_list const& list);

}  // namespace postern::policy
