#pragma once
// Purpose: the table of SASL mechanisms: one row each, from which offers, filters and factories come.
// Layout: a mechanism lives in one file (plain.cpp, login.cpp); mechanism.cpp holds the rows.
// Source: [RFC 4422], Cyrus SASL 2.1.28 for its flags, Dovecot 2.3 for its property words.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sasl/client_mechanism.hpp"
#include "sasl/server_mechanism.hpp"

namespace postern::sasl {

/// What the server must hold to check a login.
enum class credential_need {
  verify_plain,      ///< somebody who can say whether a plaintext password is right
  scram_verifier,    ///< salt, iterations, stored key and server key
  plaintext_secret,  ///< the password itself or a mechanism's own pre-hash of it
  token_verifier,    ///< somebody who can judge an OAuth 2.0 token
  certificate,       ///< a verified client certificate
  nothing,
};

/// Cyrus's flags are promises: an option that asks for one drops the mechanisms that do not make it.
struct cyrus_flags {
  bool no_plaintext = false;
  bool no_active = false;
  bool no_dictionary = false;
  bool forward_secrecy = false;
  bool no_anonymous = false;
  bool mutual_auth = false;
};

/// Dovecot's words are mostly confessions: an option that forbids one drops the mechanisms that make it.
struct dovecot_flags {
  bool plaintext = false;
  bool dictionary = false;
  bool active = false;
  bool anonymous = false;
  bool forward_secrecy = false;  ///< a promise
  bool mutual_auth = false;      ///< a promise
};

struct mechanism_row {
  std::string_view name;
  credential_need needs;
  bool client_first;  ///< the client may send an initial response
  cyrus_flags cyrus;
  dovecot_flags dovecot;
  std::string_view source;
  std::unique_ptr<server_mechanism> (*make_server)(server_parameters const& parameters);
  std::unique_ptr<client_mechanism> (*make_client)(client_credentials credentials);
};

/// In the order in which they are offered.
std::span<mechanism_row const> mechanisms();
std::vector<std::string_view> mechanism_names();
/// By name, ignoring case; nullptr when there is none. [RFC 4422 §3.1]
mechanism_row const* find_mechanism(std::string_view name);

/// "plaintext", "mutual-auth", …: the words of a MECH line.
std::vector<std::string> format_dovecot_words(dovecot_flags const& flags);
/// Words that nobody knows are ignored.
dovecot_flags parse_dovecot_words(std::span<std::string const> words);

}  // namespace postern::sasl
