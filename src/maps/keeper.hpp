#pragma once
// Purpose: what a program remembers beyond its own life, as keys and values.
// Durability: a put or erase outlasts a crash when whoever owns the keeper has committed it, not before.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace postern::maps {

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

}  // namespace postern::maps
