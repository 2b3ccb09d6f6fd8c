#include "auth/cyrus/cyrus_setup.hpp"

#include <unistd.h>

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "auth/auth_options.hpp"
#include "auth/cyrus/auxprop_plugins.hpp"
#include "auth/cyrus/cyrus_options.hpp"
#include "auth/cyrus/realm.hpp"
#include "auth/cyrus/saslauthd_source.hpp"
#include "auth/gss_acceptor.hpp"
#include "auth/mechanism_choice.hpp"
#include "auth/mux_client.hpp"
#include "base/text.hpp"

namespace postern::auth::cyrus {
namespace {

/// A source whose passwords are not to be checked, because pwcheck_method names others: its secrets alone count.
class secrets_only final : public credential_source {
 public:
  explicit secrets_only(std::unique_ptr<credential_source> from) : from_(std::move(from)) {}
  std::string_view name() const noexcept override { return from_->name(); }
  bool can(sasl::credential_need need) const noexcept override {
    return need != sasl::credential_need::verify_plain && from_->can(need);
  }
  bool can_scram(crypto::hash_algorithm hash) const noexcept override { return from_->can_scram(hash); }
  bool quick() const noexcept override { return from_->quick(); }
  std::string canonical(login const& who) const override { return from_->canonical(who); }
  verdict check_password(login const& who, secret const& password) override {
    return from_->check_password(who, password);
  }
  source_answer<scram_credentials> load_scram(login const& who, crypto::hash_algorithm hash) override {
    return from_->load_scram(who, hash);
  }
  source_answer<sasl::shared_secret> load_shared_secret(login const& who, std::string_view mechanism) override {
    return from_->load_shared_secret(who, mechanism);
  }
  verdict admit(login const& who, std::string_view credential) override { return from_->admit(who, credential); }
  result<bool> exists(std::string_view user) override { return from_->exists(user); }
  result<std::optional<std::string>> find_account(std::string_view user) override { return from_->find_account(user); }
  result<std::uint64_t> change_stamp() override { return from_->change_stamp(); }
  result<std::vector<revocation>> revoked_since(std::uint64_t stamp) override { return from_->revoked_since(stamp); }
  result<std::vector<revocation>> revoked_after(wall_time since) override { return from_->revoked_after(since); }
  result<> store(login const& who, secret const& password) override { return from_->store(who, password); }

 private:
  std::unique_ptr<credential_source> from_;
};

using source_maker = std::function<result<std::unique_ptr<credential_source>>()>;

source_factory make_all(std::vector<source_maker> const& makers) {
  return [makers]() -> result<source_list> {
    source_list list;
    for (auto const& make : makers) {
      auto source = make();
      if (!source) return std::unexpected(source.error());
      list.push_back(std::move(*source));
    }
    return list;
  };
}

/// One plan: what the file names becomes makers of sources, and what they need of the sandbox.
class planner {
 public:
  planner(config::settings const& from, cyrus_options const& options, secret const& server_secret, cyrus_setup& out)
      : from_(from), options_(options), server_secret_(server_secret), out_(out) {}

  std::vector<source_maker> plan() {
    bool plugins_check = false;
    for (auto const& method : options_.methods) {
      if (method == "auxprop") {
        plugins_check = true;
        add_plugins(false);
      } else if (method == "sasldb") {
        add_plugin(*find_plugin("sasldb"), false);
      } else if (method == "saslauthd") {
        add_saslauthd(method, find_mux_socket(options_.saslauthd_path));
      } else {
        add_saslauthd(method, from_.text("queue_directory") + "/private/check-" + method);
      }
    }
    bool const secrets_wanted = !options_.plugins.empty() || options_.transition != auto_transition::no ||
                                std::ranges::any_of(options_.mechanisms, needs_secrets);
    if (!plugins_check && secrets_wanted) add_plugins(true);
    return std::move(makers_);
  }

 private:
  static bool needs_secrets(std::string const& mechanism) {
    auto const* const row = sasl::find_mechanism(mechanism);
    return row != nullptr && (row->needs == sasl::credential_need::scram_verifier ||
                              row->needs == sasl::credential_need::plaintext_secret);
  }

  void add_plugins(bool without_passwords) {
    std::size_t const before = makers_.size();
    for (auto const& row : plugins()) {
      if (options_.plugins.empty() && row.is_set_up(options_)) add_plugin(row, without_passwords);
    }
    for (auto const& name : options_.plugins) {
      if (auto const* const row = find_plugin(name)) {
        add_plugin(*row, without_passwords);
      } else {
        out_.troubles.push_back(fmt::format("{}: {} is not served yet", options_.file.where("auxprop_plugin"), name));
      }
    }
    if (makers_.size() == before && options_.plugins.empty()) {
      out_.troubles.push_back(fmt::format(
          "{}: auxprop has nothing to look into: {} is not there and no other plugin is set up; saslpasswd2 makes it",
          options_.file.where("pwcheck_method"), options_.sasldb_path));
    }
  }

  void add_plugin(plugin_row const& row, bool without_passwords) {
    plugin_context const context{.options = options_,
                                 .host = from_.text("myhostname"),
                                 .server_secret = server_secret_,
                                 .time_limit = from_.duration("authd_backend_timeout")};
    if (auto const tried = row.make(context); !tried) {
      out_.troubles.push_back(tried.error().text);
      return;
    }
    row.ask_for(options_, out_.needs);
    makers_.emplace_back([&row, options = options_, host = context.host, key = server_secret_,
                          time_limit = context.time_limit,
                          without_passwords]() -> result<std::unique_ptr<credential_source>> {
      auto made = row.make({options, host, key, time_limit});
      if (!made || !without_passwords) return made;
      return std::make_unique<secrets_only>(std::move(*made));
    });
  }

  void add_saslauthd(std::string const& name, std::string const& socket) {
    saslauthd_source_options const how{
        .name = name, .socket = socket, .time_limit = from_.duration("authd_backend_timeout")};
    if (name == "saslauthd" && socket != options_.saslauthd_path) {
      out_.notes.push_back(fmt::format("{}: saslauthd_path is a directory; its mux is asked: {}",
                                       options_.file.where("saslauthd_path"), socket));
    }
    out_.needs.syscalls.push_back(os::syscall_set::connect_unix);
    makers_.emplace_back([how]() -> result<std::unique_ptr<credential_source>> { return make_saslauthd_source(how); });
  }

  config::settings const& from_;
  cyrus_options const& options_;
  secret const& server_secret_;
  cyrus_setup& out_;
  std::vector<source_maker> makers_;
};

/// where: the mech_list that names them; empty: nobody asked for one of them by name.
void choose(cyrus_setup& out, std::vector<std::string> const& named, std::string const& where,
            source_list const& sources, config::settings const& from) {
  means const have{.sources = sources,
                   .tokens = static_cast<bool>(out.options.verification.tokens),
                   .certificates = from.boolean("smtpd_tls_ask_ccert") || from.boolean("smtpd_tls_req_ccert"),
                   .kerberos = static_cast<bool>(out.options.session.server.make_gss)};
  auto choice = choose_mechanisms(named, have);
  out.options.offer = make_offer_chooser(named, have);
  out.options.session.mechanisms = std::move(choice.offered);
  for (auto const& row : choice.left_out) {
    if (!where.empty()) out.notes.push_back(fmt::format("{}: {} is not offered: {}", where, row.name, row.why));
  }
}

/// No NAME.conf: the accounts come first, then sasldb2 if it is there.
void serve_accounts(cyrus_setup& out, config::settings const& from, account_source_options const& accounts,
                    secret const& server_secret) {
  cyrus_options options;
  options.methods = {};
  options.scram_iterations = out.options.verification.scram_iterations;
  // Nobody asked for it: one that this user may not read is none.
  if (::access(options.sasldb_path.c_str(), R_OK) == 0) options.methods = {"sasldb"};
  if (iequals(from.text("smtpd_sasl_type"), "cyrus")) {
    out.notes.push_back(fmt::format("there is no {}.conf in {}: private/sasl is served from the accounts{}",
                                    from.text("smtpd_sasl_path"), fmt::join(config_directories(from), ", "),
                                    options.methods.empty() ? "" : ", then " + options.sasldb_path));
  }
  out.with_accounts = true;
  out.options.verification.sources = make_all(planner(from, options, server_secret, out).plan());
  auto const sources = put_accounts_first(accounts, out.options.verification.sources)();
  if (sources) choose(out, from.list("authd_mechanisms"), "", *sources, from);
}

/// keytab of the file; without it, what authd_krb5_keytab gave stays.
void add_keytab(cyrus_setup& out, cyrus_options const& options, gss_name const& acceptor_name) {
  if (options.keytab.empty()) return;
  auto acceptor = load_gss_acceptor(options.keytab, acceptor_name);
  if (!acceptor) {
    out.troubles.push_back(fmt::format("{}: no GSSAPI: {}", options.file.where("keytab"), acceptor.error().text));
    return;
  }
  out.options.session.server.make_gss = std::move(acceptor->make);
  out.needs.syscalls.push_back(os::syscall_set::files_read);
  std::ranges::move(gss_files(), std::back_inserter(out.needs.readable));
}

void serve_file(cyrus_setup& out, cyrus_options const& options, config::settings const& from,
                secret const& server_secret) {
  auto& verification = out.options.verification;
  verification.sources = make_all(planner(from, options, server_secret, out).plan());
  verification.scram_iterations = options.scram_iterations;
  verification.hand_on = options.transition != auto_transition::no;
  verification.workers = static_cast<unsigned>(from.integer("authd_backend_workers"));
  auto const domain = from.text("smtpd_sasl_local_domain");
  verification.spell = [domain](std::string_view typed) { return canonical_name(typed, domain); };
  out.options.session.realm = domain;
  out.verbose = options.log_level >= 5;  // DEBUG
  add_keytab(out, options, load_gss_name(from));
  if (auto const sources = verification.sources()) {
    auto const where = options.mechanisms.empty() ? std::string() : options.file.where("mech_list") + ": mech_list";
    choose(out, named_mechanisms(options), where, *sources, from);
  }
}

void serve_nobody(cyrus_setup& out, std::string why) {
  out.options.session.mechanisms.clear();
  out.options.verification.sources = make_all({});
  out.troubles.push_back(std::move(why));
}

}  // namespace

cyrus_setup load_cyrus_setup(config::settings const& from, account_source_options const& accounts,
                             secret const& server_secret, login_means const& means, file_reader const& read) {
  cyrus_setup out{.options = load_common_options(from, means), .needs = {}, .notes = {}, .troubles = {}};
  auto file = load_sasl_conf(config_directories(from), from.text("smtpd_sasl_path"), read);
  if (!file) {
    serve_nobody(out, file.error().text);
    return out;
  }
  if (!*file) {
    serve_accounts(out, from, accounts, server_secret);
    return out;
  }
  auto const options = make_cyrus_options(std::move(**file));
  if (!options) {
    serve_nobody(out, options.error().text);
    return out;
  }
  out.notes.push_back(fmt::format("private/sasl is served as {} says", options->file.path()));
  out.notes.insert(out.notes.end(), options->notes.begin(), options->notes.end());
  serve_file(out, *options, from, server_secret);
  return out;
}

}  // namespace postern::auth::cyrus
