#pragma once
// Purpose: the argument of backends that have no configuration file: "passwd=FILE,shadow=FILE".
// Errors: a word that the backend does not know is a failure that names those it does.

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern::auth {

using key_values = std::map<std::string, std::string, std::less<>>;

/// `known`: the keys that may stand there, each once.
result<key_values> parse_key_values(std::string_view argument, std::initializer_list<std::string_view> known);
/// The value of a key; `otherwise` when it is not there.
std::string value_or(key_values const& values, std::string_view key, std::string_view otherwise);

}  // namespace postern::auth
