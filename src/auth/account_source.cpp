#include "auth/account_source.hpp"

#include <fmt/format.h>

#include "base/base64.hpp"
#include "os/random.hpp"

namespace postern::auth {
namespace {

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
      : path_(options.database_path), names_(options.local_domains), stand_in_(make_stand_in(options.costs.argon2id)) {}

  std::string_view name() const noexcept override { return "accounts"; }
  bool can(sasl::credential_need need) const noexcept override {
    return need == sasl::credential_need::verify_plain || need == sasl::credential_need::scram_verifier;
  }
  bool can_scram(crypto::hash_algorithm hash) const noexcept override { return hash == crypto::hash_algorithm::sha256; }
  bool quick() const noexcept override { return true; }
  std::string canonical(login const& who) const override { return names_.canonical(who.user).value_or(std::string()); }

  verdict check_password(login const& who, secret const& password) override {
    auto const found = find(who.user);
    if (found.code == verdict_code::store_unavailable) return refusal(found.code, found);
    auto const match =
        crypto::verify_argon2id(found.found ? found.found->verifiers.argon2id : std::string_view(stand_in_), password);
    if (!found.found) return refusal(verdict_code::unknown_user, found);
    if (!match)
      return refusal(verdict_code::store_unavailable, {.account = found.account, .detail = match.error().text});
    auto const admitted = admit(*found.found);
    if (admitted.code != verdict_code::accepted || *match) return admitted;
    return refusal(verdict_code::wrong_password, {.account = found.account, .detail = "the password does not match"});
  }

  source_answer<scram_credentials> load_scram(login const& who, crypto::hash_algorithm hash) override {
    auto const found = find(who.user);
    source_answer<scram_credentials> answer{.code = found.code, .account = found.account, .detail = found.detail};
    if (!found.found) return answer;
    auto verifier = sasl::parse_scram_verifier(hash, found.found->verifiers.scram_sha_256);
    if (!verifier) {
      answer.code = verdict_code::mechanism_unusable;
      answer.detail = verifier.error().text;
      return answer;
    }
    answer.found.emplace();
    answer.found->keys.push_back(std::move(*verifier));
    answer.found->credentials.emplace_back();
    return answer;
  }

  verdict admit(login const& who, std::string_view) override {
    auto const found = find(who.user);
    return found.found ? admit(*found.found) : refusal(found.code, found);
  }

  result<bool> exists(std::string_view user) override {
    auto const found = find(user);
    if (found.code == verdict_code::store_unavailable) return fail(found.detail);
    return found.found.has_value();
  }

  result<std::uint64_t> change_stamp() override {
    if (auto ready = open(); !ready) return std::unexpected(ready.error());
    auto stamp = store_->change_stamp();
    if (!stamp) store_.reset();
    return stamp;
  }

 private:
  /// A database that is gone is trouble to be told, not to be replaced by an empty one.
  result<> open() {
    if (store_) return {};
    auto opened = account_store::open(path_, {.create = false});
    if (!opened) return std::unexpected(opened.error());
    store_ = std::move(*opened);
    return {};
  }

  source_answer<account> find(std::string_view user) {
    auto const canonical = names_.canonical(user);
    if (!canonical) return {.detail = canonical.error().text};
    source_answer<account> answer{.account = *canonical};
    if (auto const ready = open(); !ready) {
      answer.code = verdict_code::store_unavailable;
      answer.detail = ready.error().text;
      return answer;
    }
    auto loaded = store_->load_account(*canonical);
    if (!loaded) {
      store_.reset();
      answer.code = verdict_code::store_unavailable;
      answer.detail = loaded.error().text;
    } else if (!*loaded) {
      answer.detail = "there is no such account";
    } else {
      answer.code = verdict_code::accepted;
      answer.found = std::move(*loaded);
    }
    return answer;
  }

  verdict admit(account const& whom) const {
    if (whom.locked) {
      return refusal(verdict_code::locked,
                     {.account = whom.name, .detail = "the account is locked; postern user unlock lets it in"});
    }
    return {.code = verdict_code::accepted, .account = whom.name, .source = std::string(name())};
  }

  verdict refusal(verdict_code code, source_answer<account> const& why) const {
    return {.code = code, .account = why.account, .detail = why.detail, .source = std::string(name())};
  }

  std::string path_;
  account_names names_;
  std::string stand_in_;
  std::optional<account_store> store_;
};

}  // namespace

std::unique_ptr<credential_source> make_account_source(account_source_options const& options) {
  return std::make_unique<account_source>(options);
}

}  // namespace postern::auth
