#pragma once
// Purpose: which login names are the same account.
// Layout: local-part, or local-part "@" domain; ASCII letters count as lower case everywhere.
//         A name whose domain is one of the local domains (authd_local_domains) is the name without the domain:
//         "Joe", "joe@mail.example.org" and "joe@example.org" are the account "joe" when both domains are local.
//         Any other domain makes another account. The rule holds when an account is added and when it is looked up.
// Errors: a name that cannot be an account's says why; a login with such a name is an unknown user.
// Limits: 254 octets; letters, digits, ". _ - + =" and UTF-8 beyond ASCII; no leading '.', '-', no '/': a name is
//         also the name of a mail directory.
// Source: [RFC 8265 §3.3: todo, case mapping and normalisation beyond ASCII]

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace postern::auth {

class account_names {
 public:
  /// Empty domains in the list are ignored, a trailing dot too.
  explicit account_names(std::vector<std::string> const& local_domains);

  /// The name under which the account is stored.
  result<std::string> canonical(std::string_view login) const;

 private:
  std::vector<std::string> local_domains_;
};

}  // namespace postern::auth
