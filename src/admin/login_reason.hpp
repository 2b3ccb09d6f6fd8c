#pragma once
// Purpose: the reason codes that authd logs, in plain words: what went wrong and what helps.
// Layout: a row a code in login_reason.cpp.

#include <string_view>

namespace postern::admin {

struct login_reason {
  std::string_view code;      ///< "wrong_password"
  std::string_view sentence;  ///< "the password is wrong": goes behind a colon
  std::string_view remedy;
};

/// For a code that nobody knows, one that says so.
login_reason const& find_login_reason(std::string_view code);

}  // namespace postern::admin
