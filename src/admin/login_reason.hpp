#pragma once
// Purpose: the reason codes that authd logs, in plain words: what went wrong and what helps.
// Layout: a row a code in login_reason.cpp, and a row a store where the remedy is another command there.

#include <string_view>

namespace postern::admin {

struct login_reason {
  std::string_view code;      ///< "wrong_password"
  std::string_view sentence;  ///< "the password is wrong": goes behind a colon
  std::string_view remedy;    ///< wherever the credential is kept
};

/// For a code that nobody knows, one that says so.
login_reason const& find_login_reason(std::string_view code);
/// What helps where `source` ("accounts", "sasldb", "pam", …; empty: not known) keeps the credential.
std::string_view find_login_remedy(std::string_view code, std::string_view source);

}  // namespace postern::admin
