#include "admin/login_plan.hpp"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "auth/auth_options.hpp"
#include "auth/cyrus/cyrus_setup.hpp"
#include "auth/gss_acceptor.hpp"
#include "auth/mux_client.hpp"
#include "auth/oauth/oauth_setup.hpp"
#include "auth/sasldb/file.hpp"
#include "base/text.hpp"
#include "os/directories.hpp"
#include "service/master/launcher.hpp"

#include "admin/auth_daemon.hpp"

namespace postern::admin {
namespace {

constexpr std::size_t secret_file_octets_max = 1U << 20U;

result<secret> read_secret_file(std::string const& path) {
  auto const file = os::open_to_read(path);
  if (!file) return std::unexpected(file.error());
  auto content = os::read_whole(*file, secret_file_octets_max);
  if (!content) return fail(path + ": " + content.error().text);
  return secret(std::move(*content));
}

std::string named_place(std::string_view name, config::origin const& where) {
  return fmt::format("{} ({})", name, where.text());
}

/// One plan in the making.
class planner {
 public:
  planner(config::settings const& from, login_plan& out) : from_(from), out_(out) {}

  void plan() {
    out_.named_where = from_.where("authd_mechanisms");
    out_.named_by = named_place("authd_mechanisms", out_.named_where);
    out_.named = from_.list("authd_mechanisms");
    out_.named_by_hand = from_.is_set("authd_mechanisms");
    out_.certificates = from_.boolean("smtpd_tls_ask_ccert") || from_.boolean("smtpd_tls_req_ccert");
    bool const dovecot = iequals(from_.text("smtpd_sasl_type"), "dovecot");
    if (!is_own_auth_daemon(from_)) return;
    load_means();
    if (dovecot && auth_daemon_path(from_).ends_with("/private/auth")) {
      plan_accounts();
    } else {
      plan_cyrus();
    }
    choose();
  }

 private:
  void load_means() {
    auto tokens = auth::oauth::load_oauth_setup(from_, read_secret_file);
    add(out_.troubles, tokens.troubles);
    means_.tokens = std::move(tokens.tokens);
    out_.token_judge = means_.tokens;
    out_.tokens = static_cast<bool>(means_.tokens);
    auto const keytab = from_.text("authd_krb5_keytab");
    if (keytab.empty()) return;
    auto const content = read_secret_file(keytab);
    auto const acceptor =
        content ? auth::make_gss_acceptor(*content, auth::load_gss_name(from_)) : std::unexpected(content.error());
    out_.kerberos = acceptor.has_value();
    if (acceptor) {
      means_.make_gss = acceptor->make;
    } else {
      out_.troubles.push_back(
          fmt::format("{}: authd_krb5_keytab: {}", from_.where("authd_krb5_keytab").text(), acceptor.error().text));
    }
  }

  void plan_accounts() {
    out_.at = login_plan::door::accounts;
    auto const setup = auth::load_auth_options(from_, means_);
    add(out_.troubles, setup.troubles);
    add_accounts(setup.accounts);
  }

  void add_accounts(auth::account_source_options const& accounts) {
    out_.sources.insert(out_.sources.begin(), auth::make_account_source(accounts));
    out_.paths.insert(out_.paths.begin(), {.kind = login_plan::store::accounts,
                                           .path = accounts.database_path,
                                           .want = access_kind::write,
                                           .what = "the account database",
                                           .remedy = "there are no accounts yet: postern user add NAME makes one",
                                           .where = {}});
  }

  void plan_cyrus() {
    out_.file_name = from_.text("smtpd_sasl_path") + ".conf";
    out_.looked_in = auth::cyrus::config_directories(from_);
    auto const accounts = auth::load_auth_options(from_, means_).accounts;
    auto const setup = auth::cyrus::load_cyrus_setup(from_, accounts, secret(), means_);
    add(out_.troubles, setup.troubles);
    out_.realm = setup.options.session.realm;
    out_.spell = setup.options.verification.spell;
    auto file = auth::cyrus::load_sasl_conf(out_.looked_in, from_.text("smtpd_sasl_path"));
    if (file && *file) {
      auto options = auth::cyrus::make_cyrus_options(std::move(**file));
      out_.at = login_plan::door::cyrus_file;
      if (options) take_options(std::move(*options));
    } else {
      out_.at = setup.with_accounts ? login_plan::door::cyrus_accounts : login_plan::door::cyrus_file;
    }
    auto sources = setup.options.verification.sources ? setup.options.verification.sources() : auth::source_list();
    if (sources) {
      out_.sources = std::move(*sources);
    } else {
      out_.troubles.push_back(sources.error().text);
    }
    add_store_paths();
    if (setup.with_accounts) add_accounts(accounts);
  }

  void take_options(auth::cyrus::cyrus_options options) {
    auto const& file = options.file;
    out_.notes = options.notes;
    auto const* const entry = file.find("mech_list");
    out_.named_where = place_of(file, "mech_list");
    out_.named_by_hand = entry != nullptr;
    out_.named = auth::cyrus::named_mechanisms(options);
    out_.named_by = entry != nullptr ? fmt::format("mech_list ({})", file.where("mech_list"))
                                     : fmt::format("{} (it has no mech_list)", file.path());
    out_.options = std::move(options);
  }

  static config::origin place_of(auth::cyrus::sasl_conf const& file, std::string_view key) {
    auto const* const entry = file.find(key);
    return {config::origin::kind::main_cf, file.path(), entry != nullptr ? entry->line : 0};
  }

  /// What each source reads or connects to. Those of a network have no path.
  void add_store_paths() {
    auto const options = out_.options.value_or(auth::cyrus::cyrus_options{});
    for (auto const& source : out_.sources) {
      auto const name = source->name();
      if (name == "sasldb") {
        out_.paths.push_back(
            {.kind = login_plan::store::sasldb,
             .path = options.sasldb_path,
             .want = options.transition == auth::cyrus::auto_transition::no ? access_kind::read : access_kind::write,
             .what = "sasldb2",
             .remedy = "make it: saslpasswd2 -c -u REALM USER",
             .where = place_of(options.file, "sasldb_path")});
      } else if (name == "saslauthd") {
        auto const socket = auth::find_mux_socket(options.saslauthd_path);
        if (socket != options.saslauthd_path)
          out_.notes.push_back(fmt::format("{}: saslauthd_path is a directory; its mux is asked: {}",
                                           options.file.where("saslauthd_path"), socket));
        out_.paths.push_back({.kind = login_plan::store::saslauthd,
                              .path = socket,
                              .want = access_kind::connect,
                              .what = "saslauthd's socket",
                              .remedy = "start saslauthd, or correct saslauthd_path",
                              .where = place_of(options.file, "saslauthd_path")});
      } else if (name == "pam" || name == "shadow" || name == "getpwent") {
        out_.paths.push_back({.kind = login_plan::store::own_daemon,
                              .path = fmt::format("{}/private/check-{}", from_.text("queue_directory"), name),
                              .want = access_kind::connect,
                              .what = fmt::format("the socket of Postern's own saslauthd -a {}", name),
                              .remedy = "masterd makes it when the server starts: postern start",
                              .where = place_of(options.file, "pwcheck_method")});
      }
    }
  }

  void choose() {
    auto choice = auth::choose_mechanisms(
        out_.named,
        {.sources = out_.sources, .tokens = out_.tokens, .certificates = out_.certificates, .kerberos = out_.kerberos});
    out_.offered = std::move(choice.offered);
    out_.left_out = std::move(choice.left_out);
  }

  static void add(std::vector<std::string>& to, std::vector<std::string> const& more) {
    to.insert(to.end(), more.begin(), more.end());
  }

  config::settings const& from_;
  login_plan& out_;
  auth::login_means means_;
};

}  // namespace

std::string login_plan::needed_path::find_remedy(path_facts const& facts, std::string_view user) const {
  if (kind == store::sasldb && facts.exists && facts.barrier.empty()) return auth::sasldb::format_remedy(path, user);
  return facts.remedy.empty() ? remedy : facts.remedy;
}

login_plan make_login_plan(config::settings const& service) {
  login_plan out;
  planner(service, out).plan();
  return out;
}

os::credentials server_user(config::settings const& settings) {
  auto identity = service::master::decide_identity(settings);
  if (identity && identity->mail) return *identity->mail;
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
  int const count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  groups.resize(static_cast<std::size_t>(std::max(0, count)));
  return {::geteuid(), ::getegid(), std::move(groups)};
}

config::origin take_place(std::string& text) {
  if (!text.starts_with('/')) return {};
  auto const space = text.find(": ");
  if (space == std::string::npos) return {};
  auto const place = std::string_view(text).substr(0, space);
  auto const colon = place.rfind(':');
  auto const line = colon == std::string_view::npos ? std::nullopt : parse_unsigned(place.substr(colon + 1));
  if (!line) return {};
  config::origin out{config::origin::kind::main_cf, std::string(place.substr(0, colon)), static_cast<unsigned>(*line)};
  text.erase(0, space + 2);
  return out;
}

}  // namespace postern::admin
