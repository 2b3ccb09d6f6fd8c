#pragma once
// Purpose: saslauthd.conf, which the backends ldap, kerberos5 and httpform share: its lines, and tables of keys with
//          which each backend fills its options.
// Layout: "key: value" a line; white space before the key and after the colon is skipped, the value is the rest of the
//         line as it stands, quotes and trailing blanks included; '#' begins a comment line. Keys are letters, digits,
//         '-', '_', in any case. The last of two lines with one key counts.
// Errors: name file, line and remedy. What looks like a mistake but works is a warning, logged once a process.
// Limits: file 1 MiB, line 4095 octets, as the original.
// Security: values may be passwords: no message shows one.
// Source: Cyrus SASL 2.1.28's saslauthd (LDAP_SASLAUTHD and the daemon's behaviour).

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::auth {

inline constexpr std::size_t saslauthd_conf_line_max = 4095;
inline constexpr std::string_view default_saslauthd_conf = "/etc/saslauthd.conf";

class saslauthd_conf {
 public:
  struct line {
    unsigned number = 0;
    secret value;
  };

  /// `named` stands for the file in messages.
  static result<saslauthd_conf> parse(std::string_view text, std::string named);
  static result<saslauthd_conf> load(std::string const& path);
  /// No lines at all: for backends that go without a file.
  static saslauthd_conf empty() { return {}; }

  /// Null: the key is not there. `key` in lower case.
  line const* find(std::string_view key) const;
  std::map<std::string, line, std::less<>> const& lines() const noexcept { return lines_; }

  /// "FILE:LINE: "
  std::string at(line const& where) const;
  std::string const& name() const noexcept { return name_; }

  /// "FILE:LINE: …" sentences about what looks like a mistake in any file.
  std::vector<std::string> const& warnings() const noexcept { return warnings_; }

 private:
  result<> add(std::string_view text, unsigned number);

  std::string name_;
  std::map<std::string, line, std::less<>> lines_;
  std::vector<std::string> warnings_;
};

/// One key of a backend and where its value goes.
template <class Options>
struct conf_key {
  std::string_view name;
  std::variant<std::string Options::*, secret Options::*, bool Options::*, std::optional<bool> Options::*,
               int Options::*>
      member;
  int min = 0;  ///< of a number
  int max = 0;
  /// When not empty the value is one of these words, and the number becomes its index.
  std::span<std::string_view const> choices = {};
};

namespace conf_values {
result<bool> parse_flag(saslauthd_conf const& conf, std::string_view key, saslauthd_conf::line const& line);
result<int> parse_number(saslauthd_conf const& conf, std::string_view key, saslauthd_conf::line const& line, int min,
                         int max, std::span<std::string_view const> choices);
}  // namespace conf_values

/// Fills `options` with what the file says; keys that are not in the file leave their member alone.
template <class Options>
result<> apply_conf(saslauthd_conf const& conf, std::span<conf_key<Options> const> keys, Options& options) {
  for (auto const& key : keys) {
    auto const* const line = conf.find(key.name);
    if (line == nullptr) continue;
    if (auto const* const text = std::get_if<std::string Options::*>(&key.member)) {
      options.** text = std::string(line->value.reveal());
    } else if (auto const* const hidden = std::get_if<secret Options::*>(&key.member)) {
      options.** hidden = line->value;
    } else if (auto const* const number = std::get_if<int Options::*>(&key.member)) {
      auto const value = conf_values::parse_number(conf, key.name, *line, key.min, key.max, key.choices);
      if (!value) return std::unexpected(value.error());
      options.** number = *value;
    } else {
      auto const value = conf_values::parse_flag(conf, key.name, *line);
      if (!value) return std::unexpected(value.error());
      if (auto const* const flag = std::get_if<bool Options::*>(&key.member)) options.** flag = *value;
      if (auto const* const maybe = std::get_if<std::optional<bool> Options::*>(&key.member)) options.** maybe = *value;
    }
  }
  return {};
}

/// Sentences about keys that begin with `prefix` and that `known` does not have, and about keys of no backend.
std::vector<std::string> find_unknown_keys(saslauthd_conf const& conf, std::string_view prefix,
                                           bool (*known)(std::string_view key));

/// Logs each sentence at most once in the life of the process: every worker reads the file anew.
void warn_once(std::span<std::string const> sentences);

}  // namespace postern::auth
