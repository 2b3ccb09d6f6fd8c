#include "auth/account_source.hpp"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "auth/account_admission.hpp"
#include "auth/app_password.hpp"
#include "auth/password_scheme.hpp"
#include "base/base64.hpp"
#include "base/hex.hpp"
#include "os/random.hpp"

namespace postern::auth {
namespace {

using crypto::hash_algorithm;

struct scram_row {
  hash_algorithm hash;
  std::string_view scheme;
  std::string verifier_set::* verifier;
};
constexpr scram_row scram_rows[] = {
    {hash_algorithm::sha1, "scram-sha-1", &verifier_set::scram_sha_1},
    {hash_algorithm::sha256, "scram-sha-256", &verifier_set::scram_sha_256},
    {hash_algorithm::sha512, "scram-sha-512", &verifier_set::scram_sha_512},
};
scram_row const& row_of(hash_algorithm hash) { return *std::ranges::find(scram_rows, hash, &scram_row::hash); }

/// The text of a hash that nobody has the password of; checking against it costs what any other does.
std::string make_stand_in(crypto::argon2id_parameters const& costs) {
  auto const unpadded = [](std::size_t octets) {
    auto text = encode_base64(os::random_octets(octets));
    return text.erase(text.find_last_not_of('=') + 1);
  };
  return fmt::format("$argon2id$v=19$m={},t={},p={}${}${}", costs.memory_kib, costs.passes, costs.lanes, unpadded(16),
                     unpadded(32));
}

class account_source final : public credential_source {
 public:
  explicit account_source(account_source_options const& options)
      : options_(options), names_(options.local_domains), stand_in_(make_stand_in(options.costs.argon2id)) {}

  std::string_view name() const noexcept override { return "accounts"; }
  bool can(sasl::credential_need need) const noexcept override;
  bool can_scram(hash_algorithm hash) const noexcept override;
  bool quick() const noexcept override { return true; }
  std::string canonical(login const& who) const override { return names_.canonical(who.user).value_or(std::string()); }

  verdict check_password(login const& who, secret const& password) override;
  source_answer<scram_credentials> load_scram(login const& who, hash_algorithm hash) override;
  source_answer<sasl::shared_secret> load_shared_secret(login const& who, std::string_view mechanism) override;
  verdict admit(login const& who, std::string_view credential) override;
  verdict check_certificate(login const& who, std::string_view fingerprint) override;
  result<bool> exists(std::string_view user) override;
  result<std::optional<std::string>> find_account(std::string_view user) override;
  result<std::uint64_t> change_stamp() override;
  result<std::vector<revocation>> revoked_since(std::uint64_t stamp) override;
  result<std::vector<revocation>> revoked_after(wall_time since) override;
  result<std::vector<revocation>> take_expired() override;
  result<> store(login const& who, secret const& password) override;

 private:
  using found_account = source_answer<account>;
  result<> open();
  found_account find(std::string_view user);
  verdict admit(account const& whom, login const& who, std::string_view credential) const;
  void remember(std::string name, account whom);
  std::vector<revocation> list_revoked(std::vector<account_change> const& changes);
  bool is_over(std::string_view account_name);
  result<password_match> verify_main(account const& whom, login const& who, secret const& password);
  verdict accept_app_password(account const& whom, credential const& app, login const& who, secret const& password);
  void spend_hash(secret const& password) const;
  void upgrade(account const& whom, secret const& password, password_match match, verdict& outcome);
  void note_usage(std::int64_t credential, login const& who) const;
  wall_time now() const { return options_.now ? options_.now() : wall_time::clock::now(); }
  verdict sign(verdict said) const {
    said.source = name();
    return said;
  }
  verdict refuse(found_account const& why) const {
    return sign({.code = why.code, .account = why.account, .detail = why.detail});
  }

  account_source_options options_;
  account_names names_;
  std::string stand_in_;
  std::optional<account_store> store_;
  /// What admit() read since the database was last another, without the verifiers. Only in an object that is asked for
  /// change_stamp(): there it is looked at before.
  struct {
    std::uint64_t version = 0;  ///< 0: nobody asked yet
    std::uint64_t stamp = 0;
    std::unordered_map<std::string, account> accounts;
  } recent_;
  struct {
    std::uint64_t stamp = 0;  ///< 0: nobody asked yet
    wall_time seen;
    std::optional<wall_time> next;
  } expiry_;
};

// ---- the database

// A database that is gone is trouble to be told, not to be replaced by an empty one.
result<> account_source::open() {
  if (store_) return {};
  auto opened = account_store::open(options_.database_path, {.create = false});
  if (!opened) return std::unexpected(opened.error());
  store_ = std::move(*opened);
  return {};
}

account_source::found_account account_source::find(std::string_view user) {
  auto const canonical = names_.canonical(user);
  if (!canonical) return {.detail = canonical.error().text};
  found_account answer{.account = *canonical};
  auto const ready = open();
  auto loaded = ready ? store_->load_account(*canonical) : std::unexpected(ready.error());
  if (!loaded) {
    store_.reset();
    answer.code = verdict_code::store_unavailable;
    answer.detail = loaded.error().text;
  } else if (!*loaded) {
    answer.detail = "there is no such account";
  } else {
    answer.code = verdict_code::accepted;
    answer.account = (*loaded)->name;
    answer.found = std::move(*loaded);
  }
  return answer;
}

bool account_source::can(sasl::credential_need need) const noexcept {
  switch (need) {
    case sasl::credential_need::verify_plain:
    case sasl::credential_need::scram_verifier:
      return true;
    case sasl::credential_need::plaintext_secret:
      return options_.weak.cram_md5 || options_.weak.digest_md5;
    default:
      return false;
  }
}

// Accounts of an old schema and imported ones get their keys at the first login with the password.
bool account_source::can_scram(hash_algorithm hash) const noexcept {
  auto store = account_store::open(options_.database_path, {.create = false});
  if (!store) return true;  // whoever comes into it will have all
  auto const without = store->count_without(row_of(hash).scheme);
  return !without || *without == 0;
}

result<bool> account_source::exists(std::string_view user) {
  auto const found = find_account(user);
  if (!found) return std::unexpected(found.error());
  return found->has_value();
}

result<std::optional<std::string>> account_source::find_account(std::string_view user) {
  auto found = find(user);
  if (found.code == verdict_code::store_unavailable) return fail(found.detail);
  return found.found ? std::optional(std::move(found.account)) : std::nullopt;
}

result<std::uint64_t> account_source::change_stamp() {
  if (auto ready = open(); !ready) return std::unexpected(ready.error());
  auto const version = store_->data_version();
  if (version && *version == recent_.version) return recent_.stamp;
  recent_ = {};
  auto stamp = version ? store_->change_stamp() : version;
  if (!stamp) {
    store_.reset();
    return stamp;
  }
  recent_.version = *version;
  recent_.stamp = *stamp;
  return stamp;
}

result<std::vector<revocation>> account_source::revoked_since(std::uint64_t stamp) {
  if (auto ready = open(); !ready) return std::unexpected(ready.error());
  auto const changes = store_->load_changes(stamp);
  if (!changes) {
    store_.reset();
    return std::unexpected(changes.error());
  }
  return list_revoked(*changes);
}

std::vector<revocation> account_source::list_revoked(std::vector<account_change> const& changes) {
  std::vector<revocation> revoked;
  for (auto const& one : changes) {
    using enum change_kind;
    if (one.kind == password) revoked.push_back({one.account, ""});
    if (one.kind == app_revoked) revoked.push_back({one.account, one.subject});
    // An expiry that lies ahead is take_expired()'s.
    if (one.kind == locked || one.kind == removed || (one.kind == expiry && is_over(one.account))) {
      revoked.push_back({one.account, std::nullopt});
    }
  }
  return revoked;
}

result<std::vector<revocation>> account_source::revoked_after(wall_time since) {
  if (auto ready = open(); !ready) return std::unexpected(ready.error());
  auto const changes = store_->load_changes_after(since);
  auto const expired = changes ? store_->load_expired(since, now()) : std::unexpected(changes.error());
  if (!expired) {
    store_.reset();
    return std::unexpected(expired.error());
  }
  auto revoked = list_revoked(*changes);
  for (auto const& one : *expired) revoked.push_back({one.account, one.credential});
  return revoked;
}

bool account_source::is_over(std::string_view account_name) {
  auto const found = store_->load_account(account_name);
  return found && *found && (*found)->expires && *(*found)->expires <= now();
}

result<std::vector<revocation>> account_source::take_expired() {
  auto const stamp = change_stamp();
  if (!stamp) return std::unexpected(stamp.error());
  auto const until = now();
  if (expiry_.stamp == 0) expiry_.seen = until;
  std::vector<revocation> gone;
  if (*stamp == expiry_.stamp && (!expiry_.next || *expiry_.next > until)) {
    expiry_.seen = until;
    return gone;
  }
  auto const expired = store_->load_expired(expiry_.seen, until);
  auto const next = store_->load_next_expiry(until);
  if (!expired || !next) return std::unexpected(expired ? next.error() : expired.error());
  for (auto const& one : *expired) gone.push_back({one.account, one.credential});
  expiry_ = {*stamp, until, *next};
  return gone;
}

void account_source::note_usage(std::int64_t credential, login const& who) const {
  if (options_.usage) options_.usage->note(credential, {now(), who.client_address, who.service});
}

// ---- passwords

void account_source::spend_hash(secret const& password) const {
  static_cast<void>(verify_password(stand_in_, password));
}

result<password_match> account_source::verify_main(account const& whom, login const& who, secret const& password) {
  if (whom.verifiers.imported.empty()) {
    // Without a password of its own an account has app passwords only.
    bool const has_none = whom.verifiers.argon2id.empty();
    auto match = verify_password(has_none ? stand_in_ : whom.verifiers.argon2id, password);
    return match && has_none ? password_match::no : match;
  }
  auto match = verify_password_scheme(whom.verifiers.imported, password, whom.name);
  // {DIGEST-MD5} was made of the name as it was spelled in the other program.
  if (match && !*match) match = verify_password_scheme(whom.verifiers.imported, password, who.user);
  if (!match || !*match) spend_hash(password);
  if (!match) return std::unexpected(match.error());
  return *match ? password_match::yes : password_match::no;
}

verdict account_source::accept_app_password(account const& whom, credential const& app, login const& who,
                                            secret const& password) {
  auto said = decide_admission(whom, &app, who, now());
  if (said.code == verdict_code::accepted) {
    note_usage(app.id, who);
  } else {
    spend_hash(password);
  }
  return sign(std::move(said));
}

// A failure to do so changes nothing for who logs in now; the next login tries again.
void account_source::upgrade(account const& whom, secret const& password, password_match match, verdict& outcome) {
  bool const outdated = match == password_match::as_typed || is_outdated(whom.verifiers, options_.costs, options_.weak);
  if (!outdated || !check_new_password(password)) return;
  auto const made = make_verifiers(password, options_.costs, {find_scram_salts(whom), whom.name, options_.weak});
  if (!made || !store_) return;
  recent_ = {};
  if (auto const kept = store_->upgrade_verifiers(whom, *made); !kept) outcome.detail = kept.error().text;
}

verdict account_source::check_password(login const& who, secret const& password) {
  auto const found = find(who.user);
  if (found.code == verdict_code::store_unavailable) return refuse(found);
  if (!found.found) {
    spend_hash(password);
    return refuse(found);
  }
  auto const& whom = *found.found;
  if (auto const letters = parse_app_password(password)) {
    for (auto const& app : whom.app_passwords) {
      if (verify_app_password(app.verifiers.sha_256, *letters)) return accept_app_password(whom, app, who, password);
    }
  }
  auto const match = verify_main(whom, who, password);
  auto outcome = sign(decide_admission(whom, nullptr, who, now()));
  if (outcome.code == verdict_code::locked) return outcome;
  if (!match) {
    return sign({.code = verdict_code::store_unavailable, .account = whom.name, .detail = match.error().text});
  }
  if (*match == password_match::no) {
    return sign({.code = verdict_code::wrong_password, .account = whom.name, .detail = "the password does not match"});
  }
  if (outcome.code != verdict_code::accepted) return outcome;
  note_usage(whom.password_id, who);
  upgrade(whom, password, *match, outcome);
  return outcome;
}

verdict account_source::admit(login const& who, std::string_view credential) {
  auto name = names_.canonical(who.user).value_or(std::string());
  if (auto const known = recent_.accounts.find(name); known != recent_.accounts.end()) {
    return admit(known->second, who, credential);
  }
  auto found = find(who.user);
  if (!found.found) return refuse(found);
  auto said = admit(*found.found, who, credential);
  remember(std::move(name), std::move(*found.found));
  return said;
}

verdict account_source::admit(account const& whom, login const& who, std::string_view credential) const {
  auto const* const app = credential.empty() ? nullptr : find_app_password(whom, credential);
  if (app == nullptr && !credential.empty()) {
    return sign({.code = verdict_code::wrong_password,
                 .account = whom.name,
                 .detail = fmt::format("there is no app password {} any more", credential)});
  }
  auto said = decide_admission(whom, app, who, now());
  if (said.code == verdict_code::accepted) note_usage(app != nullptr ? app->id : whom.password_id, who);
  return sign(std::move(said));
}

verdict account_source::check_certificate(login const& who, std::string_view fingerprint) {
  auto const ready = open();
  auto issued = ready ? store_->find_certificate(fingerprint) : std::unexpected(ready.error());
  if (!issued) {
    store_.reset();
    return sign({.code = verdict_code::store_unavailable, .detail = issued.error().text});
  }
  if (!*issued) return sign({.code = verdict_code::unknown_user, .detail = "postern cert has not issued it"});
  auto const& one = **issued;
  auto const gone = [&] {
    return sign({.code = verdict_code::unknown_user, .detail = fmt::format("its account {} is gone", one.account)});
  };
  if (one.credential.empty()) return gone();
  auto const found = find(one.account);
  if (!found.found) return is_temporary(found.code) ? refuse(found) : gone();
  return admit(*found.found, who, one.credential);
}

void account_source::remember(std::string name, account whom) {
  constexpr std::size_t accounts_max = 10'000;
  if (recent_.version == 0) return;
  if (recent_.accounts.size() >= accounts_max) recent_.accounts.clear();
  whom.verifiers = {};
  for (auto& app : whom.app_passwords) app.verifiers = {};
  recent_.accounts.insert_or_assign(std::move(name), std::move(whom));
}

// Nothing is written when the password is known already: this is called with every login.
result<> account_source::store(login const& who, secret const& password) {
  if (auto good = check_new_password(password); !good) return good;
  auto const found = find(who.user);
  if (found.code == verdict_code::store_unavailable || found.account.empty()) return fail(found.detail);
  if (found.found && verify_main(*found.found, who, password).value_or(password_match::no) != password_match::no) {
    return {};
  }
  auto const salts = found.found ? find_scram_salts(*found.found) : scram_salts{};
  auto const made = make_verifiers(password, options_.costs, {salts, found.account, options_.weak});
  if (!made) return std::unexpected(made.error());
  recent_ = {};  // the version is another for the others' writes only
  auto const kept =
      found.found ? store_->set_verifiers(found.account, *made, now()) : store_->add(found.account, *made, now());
  if (!kept) return std::unexpected(kept.error());
  return {};
}

// ---- what other mechanisms need

source_answer<scram_credentials> account_source::load_scram(login const& who, hash_algorithm hash) {
  auto const found = find(who.user);
  source_answer<scram_credentials> answer{.code = found.code, .account = found.account, .detail = found.detail};
  if (!found.found) return answer;
  scram_credentials held;
  auto const take = [&](credential const& one) {
    auto verifier = sasl::parse_scram_verifier(hash, one.verifiers.*row_of(hash).verifier);
    if (!verifier || one.revoked) return;
    // The client is told one salt and one count before it is known which credential it has.
    bool const fits = held.keys.empty() || (verifier->salt == held.keys.front().salt &&
                                            verifier->iterations == held.keys.front().iterations);
    if (!fits) return;
    held.keys.push_back(std::move(*verifier));
    held.credentials.push_back(one.name);
  };
  take({.name = "", .verifiers = found.found->verifiers});
  for (auto const& app : found.found->app_passwords) take(app);
  if (held.keys.empty()) {
    answer.code = verdict_code::mechanism_unusable;
    answer.detail = "no SCRAM keys are kept yet; they come with the next login by password, or postern user passwd";
  } else {
    answer.found = std::move(held);
  }
  return answer;
}

source_answer<sasl::shared_secret> account_source::load_shared_secret(login const& who, std::string_view mechanism) {
  auto const found = find(who.user);
  source_answer<sasl::shared_secret> answer{.code = found.code, .account = found.account, .detail = found.detail};
  if (!found.found) return answer;
  auto const& kept = found.found->verifiers;
  auto const colon = kept.digest_md5.rfind(':');
  if (mechanism == "CRAM-MD5" && !kept.cram_md5.empty()) {
    answer.found = {sasl::shared_secret::form::cram_md5, secret(kept.cram_md5), {}};
  } else if (mechanism == "DIGEST-MD5" && colon != std::string::npos && who.user == found.account) {
    answer.found = {sasl::shared_secret::form::digest_md5, secret(kept.digest_md5.substr(colon + 1)),
                    kept.digest_md5.substr(0, colon)};
  } else {
    answer.code = verdict_code::mechanism_unusable;
    answer.detail = mechanism == "DIGEST-MD5" && colon != std::string::npos
                        ? fmt::format("DIGEST-MD5 needs the name as it is stored: {}", found.account)
                        : "nothing is kept for this mechanism; authd_store_weak_secrets keeps it from the next login "
                          "by password on";
  }
  return answer;
}

}  // namespace

std::unique_ptr<credential_source> make_account_source(account_source_options const& options) {
  return std::make_unique<account_source>(options);
}

}  // namespace postern::auth
