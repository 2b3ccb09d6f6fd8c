#pragma once
// Purpose: the server's side of one SASL exchange: responses in, one action out, no I/O. [RFC 4422 §3]
// Layout: start(), then for each action the call that its comment names, until one ends the exchange.
// Errors: what the client did wrong is `rejected` with a reason for the log; the client is told nothing of it.
// Concurrency: none; an exchange belongs to one driver.
// Security: passwords and tokens leave only inside verify_plain and verify_token; the exchange wipes its own copies.
//           A user whom nobody knows goes the whole way: the driver hands stand-in keys to on_scram_keys().

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/secret.hpp"
#include "crypto/hash.hpp"
#include "sasl/channel_binding.hpp"
#include "sasl/gss_context.hpp"
#include "sasl/scram_verifier.hpp"

namespace postern::sasl {

/// Send this (not yet base64) and come back with the response: step().
struct challenge {
  std::string data;
};
/// Find out whether this login is right. The exchange is over: the driver decides.
struct verify_plain {
  std::string user;     ///< authcid: whose password it is
  std::string authzid;  ///< who the client wants to be; empty for the user itself
  secret password;
};
/// Fetch the user's SCRAM keys of this hash: on_scram_keys().
struct fetch_scram_keys {
  std::string user;
  std::string authzid;
  crypto::hash_algorithm hash = crypto::hash_algorithm::sha256;
};
/// Fetch the user's password itself, or this mechanism's pre-hash of it: on_shared_secret().
struct fetch_shared_secret {
  std::string user;
  std::string realm;  ///< as the client chose it (DIGEST-MD5), or empty
  std::string authzid;
};
/// Find out whether this OAuth 2.0 token is good and whose it is: on_token().
struct verify_token {
  std::string user;  ///< as the client claims; empty when it leaves that to the token
  secret token;
};
/// The mechanism itself has decided: the login is right. The driver still asks whether the account may log in and
/// whether `user` may act as `authzid`.
struct authenticated {
  std::string user;
  std::string authzid;        ///< empty for the user itself
  std::size_t key_index = 0;  ///< which of on_scram_keys()'s verifiers matched
  /// Proof of the server for the client, sent with the success, or before it where the protocol has no room there.
  std::optional<std::string> final_data = {};
  bool anonymous = false;  ///< `user` is what the client left as a trace, no account
};
enum class reject_reason {
  malformed,       ///< the response breaks the mechanism's grammar
  wrong_password,  ///< the proof does not fit the user's secret
  unknown_user,    ///< nobody holds a secret that this mechanism can use
  bad_token,
  downgrade,      ///< somebody between client and server hid a mechanism
  wrong_binding,  ///< the client is bound to another TLS channel
  replayed,       ///< a nonce that was used before or is too old
  no_certificate,
  failed,  ///< the security layer below (GSSAPI) said no
};
/// The login is wrong. The exchange is over.
struct rejected {
  std::string_view log_text;  ///< for the administrator; lives for ever
  reject_reason reason = reject_reason::malformed;
  std::string user = {};    ///< who the client said it is, as far as it came
  std::string detail = {};  ///< what a library said, for the log, behind log_text
};

using server_action =
    std::variant<challenge, verify_plain, fetch_scram_keys, fetch_shared_secret, verify_token, authenticated, rejected>;

/// What is stored of a password for mechanisms that need it whole.
struct shared_secret {
  enum class form {
    plaintext,
    cram_md5,    ///< 64 hexadecimal digits: inner and outer MD5 state of HMAC, as Dovecot's {CRAM-MD5}
    digest_md5,  ///< 32 hexadecimal digits: MD5(user:realm:password), as Dovecot's {DIGEST-MD5}
  } as = form::plaintext;
  secret value;
  std::string realm;  ///< digest_md5: the one that went into it
};

struct token_verdict {
  bool good = false;
  std::string user;  ///< the account that the token names
  /// Why not, in the words of [RFC 6750 §3.1]: "invalid_token", "insufficient_scope", "invalid_request".
  std::string error;
};

/// Limits of what a client may send, in octets.
struct response_limits {
  std::size_t user_max = 1024;  ///< user name or authorization identity
  std::size_t password_max = 1024;
  std::size_t token_max = 12288;
  std::size_t nonce_max = 256;  ///< the client's part
};

/// What a mechanism may know of the server and of the connection. Lives as long as the exchange.
struct server_parameters {
  std::string host;                 ///< the server's name, in challenges
  std::string service = "smtp";     ///< GSSAPI service name, DIGEST-MD5 digest-uri
  std::vector<std::string> realms;  ///< DIGEST-MD5 offers them; the first is the default
  std::vector<channel_binding> bindings;
  bool plus_offered = false;             ///< a -PLUS mechanism was offered: a client that says "y" was cheated
  std::string certificate_identity;      ///< EXTERNAL: whom the verified client certificate names; empty: none
  std::chrono::seconds nonce_time{180};  ///< how long a nonce of DIGEST-MD5 may wait for its response
  std::string oauth_scope = "mail";      ///< named in OAUTHBEARER's and XOAUTH2's error challenge
  std::string oauth_configuration;       ///< URL named there; may be empty
  response_limits limits;
  std::function<std::string(std::size_t octets)> random;       ///< never empty
  std::function<std::chrono::system_clock::time_point()> now;  ///< never empty
  std::function<std::unique_ptr<gss_context>()> make_gss;      ///< empty: there is no GSSAPI here
};

class server_mechanism {
 public:
  virtual ~server_mechanism() = default;
  /// Called once. `initial_response` is decoded; absent when the client sent none, which differs from an empty one.
  virtual server_action start(std::optional<std::string_view> initial_response) = 0;
  /// Called with the response to the last challenge.
  virtual server_action step(std::string_view response) = 0;

  // Answers to fetch_ and verify_ actions; calling one that was not asked for is a bug and aborts.

  /// Pre: at least one; all have the same salt and iteration count (one a credential of the account).
  virtual server_action on_scram_keys(std::span<scram_verifier const> keys);
  /// nullptr: nothing is stored that would do.
  virtual server_action on_shared_secret(shared_secret const* stored);
  virtual server_action on_token(token_verdict const& verdict);
};

}  // namespace postern::sasl
