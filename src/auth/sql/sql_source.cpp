#include "auth/sql/sql_source.hpp"

#include <fmt/format.h>

#include "auth/password_scheme.hpp"
#include "auth/sql/statement.hpp"
#include "base/text.hpp"

namespace postern::auth {
namespace {

constexpr std::string_view property = "userPassword";

class sql_source final : public credential_source {
 public:
  explicit sql_source(sql_source_options options) : options_(std::move(options)) {
    if (options_.hosts.empty()) options_.hosts.emplace_back();
  }

  std::string_view name() const noexcept override { return "sql"; }

  bool can(sasl::credential_need need) const noexcept override {
    return need == sasl::credential_need::verify_plain || need == sasl::credential_need::scram_verifier ||
           need == sasl::credential_need::plaintext_secret;
  }

  std::string canonical(login const& who) const override { return spell_with_realm(who.user, who.realm); }

  verdict check_password(login const& who, secret const& password) override {
    auto const stored = load(who);
    if (!stored) return {.code = verdict_code::store_unavailable, .detail = stored.error().text};
    if (!*stored) {
      static_cast<void>(same_password(password, password));
      return {.code = verdict_code::unknown_user, .account = canonical(who), .detail = "sql_select finds no such user"};
    }
    bool right = false;
    if ((*stored)->reveal().starts_with('{')) {
      auto const fits = verify_password_scheme((*stored)->reveal(), password, who.user);
      if (!fits) return {.code = verdict_code::store_unavailable, .detail = fits.error().text};
      right = *fits;
    } else {
      right = same_password(**stored, password);
    }
    right = right && !password.empty();
    return {.code = right ? verdict_code::accepted : verdict_code::wrong_password, .account = canonical(who)};
  }

  source_answer<scram_credentials> load_scram(login const& who, crypto::hash_algorithm hash) override {
    auto const found = load_plaintext(who);
    // Derived in any case: a name that is not there takes as long.
    auto keys = derive_scram(options_.scram, canonical(who), hash, found.found ? &*found.found : nullptr);
    source_answer<scram_credentials> out{.code = found.code, .account = found.account, .detail = found.detail};
    if (found.found) out.found = scram_credentials{{std::move(keys)}, {""}};
    return out;
  }

  source_answer<sasl::shared_secret> load_shared_secret(login const& who, std::string_view) override {
    auto found = load_plaintext(who);
    source_answer<sasl::shared_secret> out{.code = found.code, .account = found.account, .detail = found.detail};
    if (found.found) out.found = sasl::shared_secret{.value = std::move(*found.found)};
    return out;
  }

  result<bool> exists(std::string_view user) override {
    auto const stored = load({.user = std::string(user)});
    if (!stored) return std::unexpected(stored.error());
    return stored->has_value();
  }

  result<> store(login const& who, secret const& password) override {
    auto const stored = load(who);
    if (!stored) return std::unexpected(stored.error());
    auto const& text = *stored ? options_.update : options_.insert;
    if (text.empty()) return fail(fmt::format("smtpd.conf has no sql_{}", *stored ? "update" : "insert"));
    auto const done = run(who, text, password.reveal());
    if (!done) return std::unexpected(done.error());
    return {};
  }

 private:
  using clock = std::chrono::steady_clock;

  source_answer<secret> load_plaintext(login const& who) {
    auto stored = load(who);
    if (!stored) return {.code = verdict_code::store_unavailable, .detail = stored.error().text};
    if (!*stored) return {.detail = "sql_select finds no such user"};
    source_answer<secret> out{.code = verdict_code::accepted, .account = canonical(who)};
    if (!(*stored)->reveal().starts_with('{')) {
      out.found = std::move(**stored);
    } else if (auto text = parse_plaintext_scheme((*stored)->reveal())) {
      out.found = std::move(*text);
    } else {
      out.code = verdict_code::mechanism_unusable;
      out.detail = "the database holds a hash of this user's password; this mechanism needs the password";
    }
    return out;
  }

  result<std::optional<secret>> load(login const& who) {
    // No name has a NUL, and no database takes one.
    if (who.user.empty() || who.user.find('\0') != std::string::npos) return std::nullopt;
    auto got = run(who, options_.select, {});
    if (got && *got && (*got)->empty()) return std::nullopt;
    return got;
  }

  result<std::optional<secret>> run(login const& who, std::string const& text, std::string_view value) {
    auto const name = split_realm(who.user, who.realm, options_.default_realm);
    result<std::optional<secret>> last;
    // Twice: a connection that was idle may have been closed meanwhile.
    for (int i = 0; i < 2; ++i) {
      bool const fresh = connection_ == nullptr;
      if (auto connected = connect(); !connected) return std::unexpected(connected.error());
      auto const statement =
          sql::format_statement(text, {name.user, name.realm, property, value},
                                [this](std::string_view octets) { return connection_->escape(octets); });
      if (!statement) return std::nullopt;  // octets that the database cannot hold are nobody's name
      last = connection_->query(*statement);
      if (last) return last;
      connection_.reset();
      if (fresh) break;
    }
    return last;
  }

  result<> connect() {
    if (connection_) return {};
    failure last{"no host of sql_hostnames", 0};
    for (auto const& host : options_.hosts) {
      auto made = sql::find_engine(options_.engine)->connect(host, options_.account);
      if (made) {
        connection_ = std::move(*made);
        return {};
      }
      last = made.error();
    }
    return std::unexpected(last);
  }

  sql_source_options options_;
  std::unique_ptr<sql::connection> connection_;
};

}  // namespace

std::vector<sql::endpoint> parse_sql_hosts(std::string_view text) {
  std::vector<sql::endpoint> out;
  for (auto const word : split_any(text, ", \t")) {
    auto const colon = word.rfind(':');
    bool const with_port = colon != std::string_view::npos && !word.starts_with('/') && word.find(':') == colon;
    out.push_back({std::string(with_port ? word.substr(0, colon) : word),
                   std::string(with_port ? word.substr(colon + 1) : std::string_view())});
  }
  return out;
}

result<> check_sql_options(sql_source_options const& options) {
  if (sql::find_engine(options.engine) == nullptr) {
    return fail(fmt::format("sql_engine: there is no {}; mysql, pgsql, sqlite and sqlite3 are known", options.engine));
  }
  if (options.select.empty()) return fail("sql_select is missing");
  struct row {
    std::string_view option;
    std::string const& text;
    bool with_value;
  };
  for (auto const& [option, text, with_value] :
       {row{"sql_select", options.select, false}, row{"sql_insert", options.insert, true},
        row{"sql_update", options.update, true}}) {
    if (auto good = sql::check_statement(text, with_value); !good) {
      return fail(fmt::format("{}: {}", option, good.error().text));
    }
  }
  return {};
}

std::unique_ptr<credential_source> make_sql_source(sql_source_options options) {
  return std::make_unique<sql_source>(std::move(options));
}

}  // namespace postern::auth
