// Parameters of Postern's own about OAuth 2.0: whose access tokens authd believes.
#include "config/parameter_tables.hpp"

namespace postern::config {
namespace {

using enum value_type;

constexpr std::string_view ours = "Postern";

// clang-format off
constexpr parameter rows[] = {
  {"authd_oauth_audience", list, "", unbounded, implemented,
   "A token must be meant for one of these (claim aud); empty for any", ours},
  {"authd_oauth_ca_file", text, "", unbounded, implemented,
   "Certificates that the identity provider's is checked with; empty for the machine's own", ours},
  {"authd_oauth_client_id", text, "", unbounded, implemented,
   "Who authd is for the introspection endpoint; empty for no authentication", ours},
  {"authd_oauth_client_secret_file", text, "", unbounded, implemented,
   "File that holds the password for authd_oauth_client_id; root alone need be able to read it", ours},
  {"authd_oauth_configuration_url", text, "", unbounded, implemented,
   "URL of the OpenID configuration, told to clients whose token is refused (OAUTHBEARER)", ours},
  {"authd_oauth_introspection_url", text, "", unbounded, implemented,
   "Where the identity provider is asked what a token is worth [RFC 7662]; empty for nowhere", ours},
  {"authd_oauth_issuer", text, "", unbounded, implemented,
   "A token must come from this identity provider (claim iss); empty for any", ours},
  {"authd_oauth_jwks", text, "", unbounded, implemented,
   "File or URL with the identity provider's public keys, for tokens that are signed [RFC 7517]; empty for none", ours},
  {"authd_oauth_leeway", duration, "60s", between(0, 3600), implemented,
   "How far the identity provider's clock may be from ours", ours},
  {"authd_oauth_scope", list, "", unbounded, implemented,
   "A token must have all these scopes", ours},
  {"authd_oauth_timeout", duration, "10s", between(1, 60), implemented,
   "Longest wait for the identity provider", ours},
  {"authd_oauth_username_claim", text, "email", unbounded, implemented,
   "The claim of a token that names the account", ours},
  {"authd_oauth_workers", integer, "4", between(1, 256), implemented,
   "Tokens judged at once, beside the passwords; as many logins may wait for a silent identity provider", ours},
};
// clang-format on

}  // namespace

std::span<parameter const> postern_oauth_parameters() { return rows; }

}  // namespace postern::config
