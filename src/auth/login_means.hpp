#pragma once
// Purpose: ways to log in that need more than sources of credentials: tokens of an identity provider, Kerberos tickets.
// Concurrency: the factories are called on the threads that use what they make.

#include <functional>
#include <memory>
#include <string>

#include "auth/verifier.hpp"
#include "sasl/gss_context.hpp"

namespace postern::auth {

struct login_means {
  std::function<token_judge()> tokens = {};                           ///< empty: nobody judges tokens
  std::string oauth_scope = "mail";                                   ///< told to clients whose token is refused
  std::string oauth_configuration = {};                               ///< likewise
  std::function<std::unique_ptr<sasl::gss_context>()> make_gss = {};  ///< empty: there is no keytab
};

}  // namespace postern::auth
