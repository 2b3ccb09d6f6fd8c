#include "auth/sasldb/sasldb_source.hpp"

#include <fmt/format.h>

#include "auth/sasldb/lookup.hpp"
#include "auth/sasldb/password_check.hpp"

namespace postern::auth {
namespace {

class sasldb_source final : public credential_source {
 public:
  explicit sasldb_source(sasldb_source_options options) : options_(std::move(options)), file_(options_.path) {}

  std::string_view name() const noexcept override { return "sasldb"; }

  bool can(sasl::credential_need need) const noexcept override {
    return need == sasl::credential_need::verify_plain || need == sasl::credential_need::scram_verifier ||
           need == sasl::credential_need::plaintext_secret;
  }

  bool quick() const noexcept override { return true; }

  std::string canonical(login const& who) const override { return spell_with_realm(who.user, who.realm); }

  verdict check_password(login const& who, secret const& password) override {
    auto const name = resolve(who);
    auto const code = sasldb::check_password(file_, name, password);
    if (!code) return {.code = verdict_code::store_unavailable, .detail = code.error().text};
    return {.code = *code, .account = canonical(who), .detail = explain(*code, name)};
  }

  source_answer<scram_credentials> load_scram(login const& who, crypto::hash_algorithm hash) override {
    auto const name = resolve(who);
    auto const found = file_.find(name);
    if (!found) return {.code = verdict_code::store_unavailable, .detail = found.error().text};
    auto const* const secrets = *found;
    if (secrets != nullptr && !secrets->plaintext) {
      for (auto const& [algorithm, keys] : secrets->verifiers) {
        if (algorithm == hash) return accept(who, scram_credentials{{keys}, {""}});
      }
    }
    // Derived in any case: a name that is not there takes as long.
    bool const derivable = secrets != nullptr && secrets->plaintext;
    auto keys = derive_scram(options_.scram, canonical(who), hash, derivable ? &*secrets->plaintext : nullptr);
    if (derivable) return accept(who, scram_credentials{{std::move(keys)}, {""}});
    if (secrets == nullptr) return {.detail = explain(verdict_code::unknown_user, name)};
    return {.code = verdict_code::mechanism_unusable,
            .account = canonical(who),
            .detail = fmt::format("{} holds neither a plaintext nor {} keys of this user; `saslpasswd2` with the "
                                  "password again makes them",
                                  options_.path, sasl::scram_name(hash))};
  }

  source_answer<sasl::shared_secret> load_shared_secret(login const& who, std::string_view mechanism) override {
    auto const name = resolve(who);
    auto const found = file_.find(name);
    if (!found) return {.code = verdict_code::store_unavailable, .detail = found.error().text};
    auto const* const secrets = *found;
    if (secrets == nullptr) return {.detail = explain(verdict_code::unknown_user, name)};
    if (secrets->plaintext) return accept(who, sasl::shared_secret{.value = *secrets->plaintext});
    std::optional<sasl::shared_secret> old;
    if (mechanism == "DIGEST-MD5" && secrets->old_digest) {
      old = sasldb::format_old_digest(*secrets->old_digest, name.realm);
    }
    if (mechanism == "CRAM-MD5" && secrets->old_cram) old = sasldb::format_old_cram(*secrets->old_cram);
    if (old) return accept(who, std::move(*old));
    return {.code = verdict_code::mechanism_unusable,
            .account = canonical(who),
            .detail = fmt::format("{} holds no plaintext of this user, which {} needs", options_.path, mechanism)};
  }

  verdict admit(login const& who, std::string_view) override {
    auto const found = file_.find(resolve(who));
    if (!found) return {.code = verdict_code::store_unavailable, .detail = found.error().text};
    if (*found == nullptr) return {.code = verdict_code::unknown_user, .detail = "no longer in " + options_.path};
    return {.code = verdict_code::accepted, .account = canonical(who), .source = "sasldb"};
  }

  result<bool> exists(std::string_view user) override {
    auto const found = file_.find(split_realm(user, {}, options_.default_realm));
    if (!found) return std::unexpected(found.error());
    return *found != nullptr;
  }

  result<std::uint64_t> change_stamp() override { return file_.change_stamp(); }

  result<> store(login const& who, secret const& password) override {
    if (!options_.store_plaintext && !options_.store_verifiers) return fail("nothing of a password is to be stored");
    auto const name = resolve(who);
    if (auto good = sasldb::check_user(name); !good) return good;
    if (auto good = sasldb::check_password(password); !good) return good;
    sasldb::new_password const how{.password = password,
                                   .plaintext = options_.store_plaintext,
                                   .verifiers = options_.store_verifiers,
                                   .iterations = options_.scram.iterations};
    return sasldb::change(options_.path, true, [&](sasldb::records& all) -> result<> {
      sasldb::set_password(all, name, how);
      return {};
    });
  }

 private:
  user_in_realm resolve(login const& who) const { return split_realm(who.user, who.realm, options_.default_realm); }

  template <class Found>
  source_answer<Found> accept(login const& who, Found found) const {
    return {.code = verdict_code::accepted, .account = canonical(who), .found = std::move(found)};
  }

  std::string explain(verdict_code code, user_in_realm const& name) const {
    if (code == verdict_code::accepted) return {};
    auto const sought = fmt::format("{}@{}", name.user, name.realm);
    if (code == verdict_code::unknown_user) return fmt::format("{} has no user {}", options_.path, sought);
    return fmt::format("{} has another password for {}", options_.path, sought);
  }

  sasldb_source_options options_;
  sasldb::lookup file_;
};

}  // namespace

std::unique_ptr<credential_source> make_sasldb_source(sasldb_source_options options) {
  return std::make_unique<sasldb_source>(std::move(options));
}

}  // namespace postern::auth
