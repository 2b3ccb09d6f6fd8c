#include "sasl/mechanism.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sasl/anonymous.hpp"
#include "sasl/cram_md5.hpp"
#include "sasl/digest_md5.hpp"
#include "sasl/external.hpp"
#include "sasl/gssapi.hpp"
#include "sasl/login.hpp"
#include "sasl/ntlm.hpp"
#include "sasl/oauthbearer.hpp"
#include "sasl/plain.hpp"
#include "sasl/scram.hpp"
#include "sasl/xoauth2.hpp"

namespace postern::sasl {
namespace {

// What several rows share, as Cyrus's and Dovecot's own rows do.
constexpr cyrus_flags scram_cyrus{.no_plaintext = true, .no_active = true, .no_anonymous = true, .mutual_auth = true};
constexpr dovecot_flags scram_dovecot{.mutual_auth = true};
constexpr cyrus_flags challenge_cyrus{.no_plaintext = true, .no_anonymous = true};
constexpr dovecot_flags challenge_dovecot{.dictionary = true, .active = true};
constexpr cyrus_flags plain_cyrus{.no_anonymous = true};
constexpr dovecot_flags plain_dovecot{.plaintext = true};

template <crypto::hash_algorithm Hash, bool Plus>
constexpr mechanism_row scram_row(std::string_view name, std::string_view source) {
  return {.name = name,
          .needs = credential_need::scram_verifier,
          .client_first = true,
          .cyrus = scram_cyrus,
          .dovecot = scram_dovecot,
          .source = source,
          .make_server = make_scram_server<Hash, Plus>,
          .make_client = make_scram_client<Hash, Plus>};
}

using enum crypto::hash_algorithm;

// Strongest first: what proves something else than a password, what binds the channel, what keeps the password to
// itself, what an eavesdropper can guess at, what shows the password, and what proves nothing.
constexpr mechanism_row rows[] = {
    {.name = "EXTERNAL",
     .needs = credential_need::certificate,
     .client_first = true,
     .cyrus = {.no_plaintext = true, .no_dictionary = true, .no_anonymous = true},
     .dovecot = {},
     .source = "RFC 4422 appendix A",
     .make_server = make_external_server,
     .make_client = make_external_client},
    {.name = "GSSAPI",
     .needs = credential_need::nothing,
     .client_first = true,
     .cyrus = {.no_plaintext = true, .no_active = true, .no_anonymous = true, .mutual_auth = true},
     .dovecot = {},
     .source = "RFC 4752",
     .make_server = make_gssapi_server,
     .make_client = make_gssapi_client},
    scram_row<sha512, true>("SCRAM-SHA-512-PLUS", "RFC 5802"),
    scram_row<sha256, true>("SCRAM-SHA-256-PLUS", "RFC 7677"),
    scram_row<sha1, true>("SCRAM-SHA-1-PLUS", "RFC 5802"),
    scram_row<sha512, false>("SCRAM-SHA-512", "RFC 5802"),
    scram_row<sha256, false>("SCRAM-SHA-256", "RFC 7677"),
    scram_row<sha1, false>("SCRAM-SHA-1", "RFC 5802"),
    {.name = "DIGEST-MD5",
     .needs = credential_need::plaintext_secret,
     .client_first = false,
     .cyrus = {.no_plaintext = true, .no_anonymous = true, .mutual_auth = true},
     .dovecot = {.dictionary = true, .active = true, .mutual_auth = true},
     .source = "RFC 2831",
     .make_server = make_digest_md5_server,
     .make_client = make_digest_md5_client},
    {.name = "CRAM-MD5",
     .needs = credential_need::plaintext_secret,
     .client_first = false,
     .cyrus = challenge_cyrus,
     .dovecot = challenge_dovecot,
     .source = "RFC 2195",
     .make_server = make_cram_md5_server,
     .make_client = make_cram_md5_client},
    {.name = "NTLM",
     .needs = credential_need::plaintext_secret,
     .client_first = true,
     .cyrus = challenge_cyrus,
     .dovecot = challenge_dovecot,
     .source = "MS-NLMP",
     .make_server = make_ntlm_server,
     .make_client = make_ntlm_client},
    // A token is shown like a password: whoever sees it can use it.
    {.name = "OAUTHBEARER",
     .needs = credential_need::token_verifier,
     .client_first = true,
     .cyrus = plain_cyrus,
     .dovecot = plain_dovecot,
     .source = "RFC 7628",
     .make_server = make_oauthbearer_server,
     .make_client = make_oauthbearer_client},
    {.name = "XOAUTH2",
     .needs = credential_need::token_verifier,
     .client_first = true,
     .cyrus = plain_cyrus,
     .dovecot = plain_dovecot,
     .source = "Google, XOAUTH2 protocol",
     .make_server = make_xoauth2_server,
     .make_client = make_xoauth2_client},
    {.name = "PLAIN",
     .needs = credential_need::verify_plain,
     .client_first = true,
     .cyrus = plain_cyrus,
     .dovecot = plain_dovecot,
     .source = "RFC 4616",
     .make_server = make_plain_server,
     .make_client = make_plain_client},
    {.name = "LOGIN",
     .needs = credential_need::verify_plain,
     .client_first = true,
     .cyrus = plain_cyrus,
     .dovecot = plain_dovecot,
     .source = "draft-murchison-sasl-login-00",
     .make_server = make_login_server,
     .make_client = make_login_client},
    {.name = "ANONYMOUS",
     .needs = credential_need::nothing,
     .client_first = true,
     .cyrus = {.no_plaintext = true},
     .dovecot = {.anonymous = true},
     .source = "RFC 4505",
     .make_server = make_anonymous_server,
     .make_client = make_anonymous_client},
};

struct word_row {
  std::string_view word;
  bool dovecot_flags::* member;
};
constexpr word_row words[] = {{"plaintext", &dovecot_flags::plaintext},
                              {"dictionary", &dovecot_flags::dictionary},
                              {"active", &dovecot_flags::active},
                              {"anonymous", &dovecot_flags::anonymous},
                              {"forward-secrecy", &dovecot_flags::forward_secrecy},
                              {"mutual-auth", &dovecot_flags::mutual_auth}};

}  // namespace

std::span<mechanism_row const> mechanisms() { return rows; }

std::vector<std::string_view> mechanism_names() {
  std::vector<std::string_view> out;
  for (auto const& row : mechanisms()) out.push_back(row.name);
  return out;
}

mechanism_row const* find_mechanism(std::string_view name) {
  for (auto const& row : mechanisms()) {
    if (iequals(row.name, name)) return &row;
  }
  return nullptr;
}

std::vector<std::string> format_dovecot_words(dovecot_flags const& flags) {
  std::vector<std::string> out;
  for (auto const& [word, member] : words) {
    if (flags.*member) out.emplace_back(word);
  }
  return out;
}

dovecot_flags parse_dovecot_words(std::span<std::string const> given) {
  dovecot_flags flags;
  for (auto const& [word, member] : words) flags.*member = std::ranges::find(given, word) != given.end();
  return flags;
}

}  // namespace postern::sasl
