#pragma once
// Purpose: what main.cf says about OAuth 2.0 (parameters authd_oauth_*): a judge of tokens, and what it needs.
// Errors: what is wrong is told in `troubles`; tokens are then judged by what is left, or 454.
// Concurrency: the judges that `tokens` makes share one verifier with its keys and its cache.

#include <functional>
#include <string>
#include <vector>

#include "auth/login_means.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "config/settings.hpp"
#include "os/sandbox.hpp"

namespace postern::auth::oauth {

struct oauth_setup {
  std::function<token_judge()> tokens;  ///< empty: neither authd_oauth_jwks nor authd_oauth_introspection_url is set
  std::string scope = "mail";
  std::string configuration;
  os::sandbox_rules needs;
  std::vector<std::string> troubles;
};
using secret_reader = std::function<result<secret>(std::string const& path)>;

/// Before there are threads and a sandbox.
oauth_setup load_oauth_setup(config::settings const& from, secret_reader const& read_secret);

}  // namespace postern::auth::oauth
