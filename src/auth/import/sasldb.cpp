#include <map>

#include <fmt/format.h>

#include "auth/import/import.hpp"
#include "auth/sasldb/file.hpp"
#include "base/text.hpp"
#include "sasl/scram_verifier.hpp"

namespace postern::auth {
namespace {

/// What a user has in there: the password is better than a verifier.
struct user_records {
  secret plaintext;
  std::string verifier;  ///< "{SCRAM-SHA-1}…"
};

/// "{SCRAM-SHA-1}4096,SALT,STORED,SERVER"; empty when the record is damaged.
std::string format_imported(secret const& value) {
  auto const parsed = sasl::parse_auth_password(value.reveal());
  if (!parsed) return {};
  return fmt::format("{{{}}}{}", sasl::scram_name(parsed->algorithm), sasl::format_scram_verifier(parsed->verifier));
}

void take_user(std::string const& where, std::string_view login, user_records const& kept, import_settings const& from,
               import_outcome& into) {
  auto const say = [&](std::string const& why) {
    into.problems.push_back(fmt::format("{}: {}: {}", where, printable(login, 256), why));
  };
  auto name = from.names.canonical(login);
  if (!name) return say(name.error().text);
  import_candidate found{fmt::format("{}: {}", where, printable(login, 256)), {.name = std::move(*name)}, {}};
  if (!kept.plaintext.empty()) {
    if (auto const good = check_new_password(kept.plaintext); !good) return say(good.error().text);
    found.plaintext = kept.plaintext;
  } else if (!kept.verifier.empty()) {
    found.account.verifiers.imported = kept.verifier;
  } else {
    return say("it has neither a password nor a SCRAM verifier");
  }
  into.candidates.push_back(std::move(found));
}

}  // namespace

result<import_outcome> load_sasldb(import_settings const& from) {
  auto const read = sasldb::load(from.path);
  if (!read) return std::unexpected(read.error());
  std::map<std::string, user_records> users;
  import_outcome outcome;
  std::size_t nameless = 0;
  for (auto const& record : read->all) {
    auto const key = sasldb::parse_key(record.key);
    if (!key) {
      outcome.problems.push_back(from.path + ": " + key.error().text);
      continue;
    }
    if (key->user.empty()) {
      ++nameless;
      continue;
    }
    auto& kept = users[key->realm.empty() ? key->user : key->user + "@" + key->realm];
    if (key->property == sasldb::property_plaintext) kept.plaintext = record.value;
    if (key->property.starts_with(sasldb::property_verifier) && kept.verifier.empty()) {
      kept.verifier = format_imported(record.value);
    }
  }
  if (nameless == 1) outcome.remarks.push_back(from.path + ": a record without a user name is left out");
  if (nameless > 1) {
    outcome.remarks.push_back(fmt::format("{}: {} records without a user name are left out", from.path, nameless));
  }
  for (auto const& [login, kept] : users) take_user(from.path, login, kept, from, outcome);
  return outcome;
}

}  // namespace postern::auth
