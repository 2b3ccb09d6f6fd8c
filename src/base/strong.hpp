#pragma once
// Purpose: integers that cannot be mixed up: a strong type compares, orders, hashes and prints, but converts to
//          nothing.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace postern {

template <class Tag, class Rep>
struct strong {
  Rep value{};
  friend constexpr auto operator<=>(strong const&, strong const&) = default;
};

using octets = strong<struct octets_tag, std::uint64_t>;  ///< a size in octets

}  // namespace postern

template <class Tag, class Rep>
struct std::hash<postern::strong<Tag, Rep>> {
  std::size_t operator()(postern::strong<Tag, Rep> const& key) const noexcept { return std::hash<Rep>{}(key.value); }
};
