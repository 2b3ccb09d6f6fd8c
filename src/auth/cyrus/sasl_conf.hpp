#pragma once
// Purpose: Cyrus SASL's configuration of an application: smtpd.conf.
// Layout: "key: value" a line; '#' begins a comment line; blanks in front of the key and at the end of the value do not
//         count, quotation marks have no meaning; of a key that comes twice the first counts. Keys ignore case.
// Errors: a line that is neither names file and line, as libsasl would refuse the whole file.
// Limits: 4095 octets a line, as libsasl; 1 MiB a file.
// Source: Cyrus SASL 2.1.28, lib/config.c

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::auth::cyrus {

class sasl_conf {
 public:
  struct entry {
    std::string key;  ///< lower case
    std::string value;
    unsigned line = 0;
  };

  sasl_conf() = default;
  sasl_conf(std::string path, std::vector<entry> entries) : path_(std::move(path)), entries_(std::move(entries)) {}

  /// nullptr: the file does not say.
  entry const* find(std::string_view key) const;
  std::string text(std::string_view key, std::string_view otherwise = {}) const;
  /// The words of a value.
  std::vector<std::string> words(std::string_view key) const;
  /// "smtpd.conf:3": for messages about a key; the path alone when the file does not say.
  std::string where(std::string_view key) const;

  std::string const& path() const noexcept { return path_; }
  std::vector<entry> const& entries() const noexcept { return entries_; }

 private:
  std::string path_;
  std::vector<entry> entries_;
};

result<sasl_conf> parse_sasl_conf(std::string_view text, std::string path);

/// Gives the content of a file; it may hold the password of a database.
using file_reader = std::function<result<secret>(std::string const& path)>;

/// DIRECTORY/NAME.conf in the first directory that has it; empty: there is none. A file that is there and cannot be
/// read or parsed is a failure. read: in place of opening it oneself.
result<std::optional<sasl_conf>> load_sasl_conf(std::vector<std::string> const& directories, std::string_view name,
                                                file_reader const& read = {});

}  // namespace postern::auth::cyrus
