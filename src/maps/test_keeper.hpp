#pragma once
// Purpose: for tests: a keeper in memory.

#include <map>

#include "maps/keeper.hpp"

namespace postern::maps {

class test_keeper final : public keeper {
 public:
  void put(std::string key, std::string value) override { kept.insert_or_assign(std::move(key), std::move(value)); }
  void erase(std::string key) override { kept.erase(key); }
  std::optional<std::string> find(std::string_view key) override {
    auto const place = kept.find(key);
    return place == kept.end() ? std::nullopt : std::optional(place->second);
  }
  void for_each(std::string_view prefix,
                std::function<void(std::string_view key, std::string_view value)> const& each) override {
    for (auto const& [key, value] : std::map(kept)) {
      if (key.starts_with(prefix)) each(key, value);
    }
  }
  std::map<std::string, std::string, std::less<>> kept;
};

}  // namespace postern::maps
