#include "auth/sql/sql_source.hpp"

#include <fmt/format.h>

#include "auth/sql/statement.hpp"
#include "base/text.hpp"

namespace postern::auth {
namespace {

std::unexpected<failure> to_failure(maps::sql::trouble const& what) { return fail(what.text); }

class sql_source final : public auxprop_source {
 public:
  explicit sql_source(sql_source_options options) : auxprop_source(options.scram), options_(std::move(options)) {
    if (options_.hosts.empty()) options_.hosts.emplace_back();
  }

  std::string_view name() const noexcept override { return "sql"; }

  result<> store(login const& who, secret const& password) override {
    if (!options_.store_plaintext)
      return fail("the sql plugin stores nothing but passwords (auto_transition: noplain)");
    auto const stored = ask(who, options_.select, user_password_property);
    if (!stored) return to_failure(stored.error());
    auto const& text = *stored ? options_.update : options_.insert;
    if (text.empty()) return fail(fmt::format("smtpd.conf has no sql_{}", *stored ? "update" : "insert"));
    auto const done = ask(who, text, user_password_property, password.reveal());
    if (!done) return to_failure(done.error());
    return {};
  }

 protected:
  result<std::optional<properties>> load(login const& who, std::string_view property) override {
    if (who.user.empty()) return std::nullopt;
    bool const other = property != user_password_property;
    if (other && (no_other_properties_ || !sql::names_property(options_.select))) {
      return properties{.account = canonical(who), .values = {}};
    }
    auto got = ask(who, options_.select, property);
    if (!got && got.error().what == maps::sql::trouble::kind::unaskable) return std::nullopt;  // nobody's name
    if (!got && other && got.error().what == maps::sql::trouble::kind::refused) {
      no_other_properties_ = true;  // the table has no such column
      return properties{.account = canonical(who), .values = {}};
    }
    if (!got) return to_failure(got.error());
    if (!*got) return std::nullopt;
    properties found{.account = canonical(who), .values = {}};
    found.values.push_back(std::move(**got));
    return found;
  }

 private:
  using answer = std::expected<std::optional<secret>, maps::sql::trouble>;

  answer ask(login const& who, std::string const& text, std::string_view property, std::string_view value = {}) {
    auto const name = split_realm(who.user, who.realm, options_.default_realm);
    while (true) {
      bool const fresh = connection_ == nullptr;
      if (auto connected = connect(); !connected) {
        return std::unexpected(maps::sql::trouble{maps::sql::trouble::kind::lost, connected.error().text});
      }
      auto const statement =
          sql::format_statement(text, {name.user, name.realm, property, value},
                                [this](std::string_view octets) { return connection_->escape(octets); });
      if (!statement)
        return std::unexpected(maps::sql::trouble{maps::sql::trouble::kind::unaskable, statement.error().text});
      auto said = connection_->query(*statement, 1);
      if (said) return maps::sql::take_first(std::move(*said));
      if (said.error().what == maps::sql::trouble::kind::refused) return std::unexpected(said.error());
      connection_.reset();
      // Once more: a connection that was idle may have been closed meanwhile.
      if (fresh || said.error().what != maps::sql::trouble::kind::lost) return std::unexpected(said.error());
    }
  }

  result<> connect() {
    if (connection_) return {};
    std::string said;
    for (auto const& host : options_.hosts) {
      auto made = maps::sql::find_engine(options_.engine)->connect(host, options_.account);
      if (made) {
        connection_ = std::move(*made);
        return {};
      }
      said += (said.empty() ? "" : "; ") + made.error().text;
    }
    return fail(said);
  }

  sql_source_options options_;
  std::unique_ptr<maps::sql::connection> connection_;
  bool no_other_properties_ = false;
};

}  // namespace

std::vector<maps::sql::endpoint> parse_sql_hosts(std::string_view text) {
  std::vector<maps::sql::endpoint> out;
  for (auto const word : split_any(text, ", \t")) out.push_back(maps::sql::parse_endpoint(word));
  return out;
}

std::optional<sql_complaint> check_sql_options(sql_source_options const& options) {
  auto const* const engine = maps::sql::find_engine(options.engine);
  if (engine == nullptr) {
    return sql_complaint{"sql_engine",
                         fmt::format("there is no engine \"{}\"; there are mysql, pgsql, sqlite and sqlite3",
                                     printable(options.engine, 64))};
  }
  for (auto const& host : options.hosts) {
    auto const port = parse_unsigned(host.port);
    if (host.port.empty() || (port && *port > 0 && *port <= 65535)) continue;
    return sql_complaint{"sql_hostnames", fmt::format("{} is no port", printable(host.port, 64))};
  }
  if (engine->connect == maps::sql::connect_sqlite && !options.account.database.starts_with('/')) {
    return sql_complaint{"sql_database", "for sqlite this is the file, from / on"};
  }
  if (options.select.empty()) return sql_complaint{"sql_select", "the sql plugin cannot do without it"};
  struct row {
    std::string_view option;
    std::string const& text;
    bool with_value;
  };
  for (auto const& [option, text, with_value] :
       {row{"sql_select", options.select, false}, row{"sql_insert", options.insert, true},
        row{"sql_update", options.update, true}}) {
    auto const good = sql::check_statement(text, with_value);
    if (!good) return sql_complaint{option, good.error().text};
  }
  return std::nullopt;
}

std::unique_ptr<credential_source> make_sql_source(sql_source_options options) {
  return std::make_unique<sql_source>(std::move(options));
}

}  // namespace postern::auth
