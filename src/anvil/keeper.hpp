#pragma once
// Purpose: what the tables of anvil remember beyond the life of the process, as keys and values.
// Layout: docs/formats/anvil.md. A key is a letter (whose it is), then fields that end with NUL.
// Durability: a put or erase outlasts a crash when whoever owns the keeper has committed it, not before.

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::anvil {

class keeper {
 public:
  virtual ~keeper() = default;
  virtual void put(std::string key, std::string value) = 0;
  virtual void erase(std::string key) = 0;
  /// Sees what was put, committed or not.
  virtual std::optional<std::string> find(std::string_view key) = 0;
  /// Everything committed whose key begins so; for the start. `each` may put and erase.
  virtual void for_each(std::string_view prefix,
                        std::function<void(std::string_view key, std::string_view value)> const& each) = 0;
};

/// "w", "joe", "192.0.2.7" -> "wjoe\0" "192.0.2.7\0".
std::string make_key(char table, std::initializer_list<std::string_view> fields);
/// The fields again.
std::vector<std::string> split_key(std::string_view key);

/// The longest account name that is remembered; LMDB's keys end at 511 octets.
inline constexpr std::size_t account_octets_max = 400;

}  // namespace postern::anvil
