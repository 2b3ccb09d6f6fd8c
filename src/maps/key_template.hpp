#pragma once
// Purpose: the templates of ldap:, mysql:, pgsql:, sqlite:, memcache: and redis: tables: what is asked (query), and
//          what is made of each value that was told (result_format).
// Layout: %% percent; %s %u %d the whole, its local part, its domain: of the key in a query, of the value in a format;
//         %S %U %D %1…%9 always of the key; %1 is the last label of its domain. The domain begins behind the last '@'.
// Errors: another letter behind '%' is a failure. An expansion that has not all it asks for is nothing: then the table
//         has no such key, or the value is skipped.
// Security: what comes from outside goes through `quote` before it is put in; nothing is expanded twice.
// Source: db_common's part of mysql_table(5), ldap_table(5)

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace postern::maps {

/// An address or a word, taken apart. Views of the text.
class address_parts {
 public:
  explicit address_parts(std::string_view text);
  std::string_view whole() const noexcept { return whole_; }
  /// In front of the last '@'; without one the whole. May be empty.
  std::string_view user() const noexcept { return user_; }
  std::string_view domain() const noexcept { return domain_; }  ///< empty: none
  /// From the right, beginning with 1; empty: there are not so many.
  std::string_view label(std::size_t number) const;

 private:
  std::string_view whole_, user_, domain_;
  std::vector<std::string_view> labels_;  ///< the last first
};

class key_template {
 public:
  struct piece {
    std::string text;   ///< literal, when field is NUL
    char field = '\0';  ///< s u d S U D 1…9
  };
  /// Nothing: the value cannot be put there.
  using quoter = std::function<std::optional<std::string>(std::string_view value, std::size_t piece)>;

  static result<key_template> parse(std::string_view text);

  /// `value` is what %s, %u and %d stand for: the key itself in a query.
  std::optional<std::string> expand(address_parts const& key, address_parts const& value, quoter const& quote) const;
  /// As it is.
  std::optional<std::string> expand(address_parts const& key, address_parts const& value) const;
  /// Does the key have all that the capital letters and digits want? Without it nothing need be asked.
  bool fits_key(address_parts const& key) const;

  std::vector<piece> const& pieces() const noexcept { return pieces_; }
  bool is_fixed() const;  ///< the key is not in it

 private:
  std::vector<piece> pieces_;
};

/// The values that a lookup told, each in its format, with commas between them.
class value_list {
 public:
  /// limit: values; 0: any number.
  value_list(key_template const& format, address_parts const& key, std::size_t limit)
      : format_(format), key_(key), limit_(limit) {}
  /// False: the limit is exceeded.
  bool add(std::string_view value);
  /// Nothing: no value.
  std::optional<std::string> take();

 private:
  key_template const& format_;
  address_parts const& key_;
  std::size_t limit_;
  std::size_t count_ = 0;
  std::string text_;
};

}  // namespace postern::maps
