#include "sasl/mechanism.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sasl/login.hpp"
#include "sasl/plain.hpp"

namespace postern::sasl {
namespace {

constexpr mechanism_row rows[] = {
    {.name = "PLAIN",
     .needs = credential_need::verify_plain,
     .client_first = true,
     .cyrus = {.no_anonymous = true},
     .dovecot = {.plaintext = true},
     .source = "RFC 4616",
     .make_server = make_plain_server,
     .make_client = make_plain_client},
    {.name = "LOGIN",
     .needs = credential_need::verify_plain,
     .client_first = true,
     .cyrus = {.no_anonymous = true},
     .dovecot = {.plaintext = true},
     .source = "draft-murchison-sasl-login-00",
     .make_server = make_login_server,
     .make_client = make_login_client},
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

mechanism_row const* find_mechanism(std::string_view name) {
  for (auto const& row : rows) {
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
