#pragma once
// Purpose: the keys by which the tables of anvil remember, in one file for all.
// Layout: docs/formats/anvil.md. A key is a letter (whose it is), then fields that end with NUL.

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace postern::anvil {

/// "w", "joe", "192.0.2.7" -> "wjoe\0" "192.0.2.7\0".
std::string make_key(char table, std::initializer_list<std::string_view> fields);
/// The fields again.
std::vector<std::string> split_key(std::string_view key);

/// The longest account name that is remembered; LMDB's keys end at 511 octets.
inline constexpr std::size_t account_octets_max = 400;

}  // namespace postern::anvil
