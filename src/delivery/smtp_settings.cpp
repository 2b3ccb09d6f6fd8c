#include "delivery/smtp_settings.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "dns/next_hop.hpp"
#include "maps/handed_table.hpp"
#include "os/interfaces.hpp"
#include "os/random.hpp"
#include "policy/match_list.hpp"
#include "policy/own_addresses.hpp"
#include "sasl/mechanism.hpp"

namespace postern::delivery {
namespace {

// Where the certificates end is the last END CERTIFICATE line; what else is in the file does not matter to OpenSSL.
result<net::tls_identity> read_identity(std::string const& certificate_file, std::string const& key_file,
                                        secret_reader const& read_secret) {
  auto certificate = read_secret(certificate_file);
  if (!certificate) return std::unexpected(certificate.error());
  auto key = read_secret(key_file);
  if (!key) return std::unexpected(key.error());
  return net::tls_identity{std::string(certificate->reveal()), std::move(*key), certificate_file};
}

result<std::vector<net::tls_identity>> read_identities(config::settings const& settings,
                                                       secret_reader const& read_secret) {
  std::vector<std::pair<std::string, std::string>> files;
  for (auto const& file : settings.list("smtp_tls_chain_files")) files.emplace_back(file, file);
  if (files.empty()) {
    files.emplace_back(settings.text("smtp_tls_cert_file"), settings.text("smtp_tls_key_file"));
    files.emplace_back(settings.text("smtp_tls_eccert_file"), settings.text("smtp_tls_eckey_file"));
  }
  std::vector<net::tls_identity> identities;
  for (auto const& [certificate, key] : files) {
    if (certificate.empty() || certificate == "none") continue;
    auto identity = read_identity(certificate, key, read_secret);
    if (!identity) return std::unexpected(identity.error());
    identities.push_back(std::move(*identity));
  }
  return identities;
}

std::string join(std::vector<std::string> const& words) {
  std::string out;
  for (auto const& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

// The word of smtp_tls_security_level, after the obsolete parameters had their say where it is not set.
std::string tls_level_word(config::settings const& settings) {
  auto level = settings.text("smtp_tls_security_level");
  if (!level.empty()) return level;
  if (settings.boolean("smtp_enforce_tls")) return settings.boolean("smtp_tls_enforce_peername") ? "verify" : "encrypt";
  return settings.boolean("smtp_use_tls") ? "may" : "none";
}

result<peer_tls> make_peer_tls(std::string_view level, config::settings const& settings,
                               secret_reader const& read_secret) {
  peer_tls out;
  if (level == "none") return out;
  bool mandatory = level != "may";
  out.level = mandatory ? smtp::tls_level::encrypt : smtp::tls_level::may;
  if (level == "verify") out.match = certificate_match::host_name;
  if (level == "secure") out.match = certificate_match::next_hop;
  auto identities = read_identities(settings, read_secret);
  if (!identities) return std::unexpected(identities.error());
  net::tls_options options;
  options.identities = std::move(*identities);
  options.protocols = settings.text(mandatory ? "smtp_tls_mandatory_protocols" : "smtp_tls_protocols");
  options.cipher_grade = settings.text(mandatory ? "smtp_tls_mandatory_ciphers" : "smtp_tls_ciphers");
  auto excluded = settings.list("smtp_tls_exclude_ciphers");
  if (mandatory) {
    for (auto& cipher : settings.list("smtp_tls_mandatory_exclude_ciphers")) excluded.push_back(std::move(cipher));
  }
  options.excluded_ciphers = join(excluded);
  options.verify_peer = out.match != certificate_match::none;
  options.ca_file = settings.text("smtp_tls_CAfile");
  options.ca_path = settings.text("smtp_tls_CApath");
  bool const names_authorities = !options.ca_file.empty() || !options.ca_path.empty();
  options.default_authorities = names_authorities && settings.boolean("tls_append_default_CA");
  options.verify_depth = static_cast<int>(settings.integer("smtp_tls_scert_verifydepth"));
  options.session_lifetime = settings.duration("smtp_tls_session_cache_timeout");
  auto context = net::tls_context::make_client(std::move(options));
  if (!context) return std::unexpected(context.error());
  out.context = std::move(*context);
  return out;
}

result<> load_site_tls(smtp_settings& out, config::settings const& settings, secret_reader const& read_secret) {
  out.sites = per_site_tls::load(settings);
  if (out.sites.empty()) return {};
  for (auto [site, level] : {std::pair{site_tls::may, "may"}, std::pair{site_tls::none, "none"},
                             std::pair{site_tls::encrypt, "encrypt"}, std::pair{site_tls::verify, "verify"}}) {
    auto made = make_peer_tls(level, settings, read_secret);
    if (!made) return std::unexpected(made.error());
    out.site_choices[static_cast<std::size_t>(site)] = std::move(*made);
  }
  return {};
}

result<> load_tls(smtp_settings& out, config::settings const& settings, secret_reader const& read_secret) {
  auto level = tls_level_word(settings);
  if (level == "dane") {
    log::warning("smtp_tls_security_level = dane: DANE is not supported yet, using \"may\"");
    level = "may";
  }
  if (level == "dane-only" || level == "fingerprint") {
    return fail(fmt::format("smtp_tls_security_level = {}: not supported yet; use secure, verify or encrypt", level));
  }
  auto made = make_peer_tls(level, settings, read_secret);
  if (!made) return std::unexpected(made.error());
  out.tls = std::move(*made);
  out.tls_log_level = static_cast<int>(parse_unsigned(settings.text("smtp_tls_loglevel")).value_or(0));
  return load_site_tls(out, settings, read_secret);
}

void load_timeouts(smtp::client_timeouts& out, config::settings const& settings) {
  out.greeting = out.helo = settings.duration("smtp_helo_timeout");
  out.start_tls = settings.duration("smtp_starttls_timeout");
  out.mail = settings.duration("smtp_mail_timeout");
  out.rcpt = settings.duration("smtp_rcpt_timeout");
  out.data_init = settings.duration("smtp_data_init_timeout");
  out.data_transfer = settings.duration("smtp_data_xfer_timeout");
  out.data_done = settings.duration("smtp_data_done_timeout");
  out.rset = settings.duration("smtp_rset_timeout");
  out.quit = settings.duration("smtp_quit_timeout");
}

result<std::optional<ip_address>> parse_bind_address(config::settings const& settings, char const* name) {
  auto text = settings.text(name);
  if (text.empty()) return std::optional<ip_address>{};
  std::string_view bare = text;
  if (bare.starts_with('[') && bare.ends_with(']')) bare = bare.substr(1, bare.size() - 2);
  auto address = ip_address::parse(bare);
  if (!address) return fail(fmt::format("{} = {}: not an address", name, text));
  return address;
}

result<> load_addresses(smtp_settings& out, config::settings const& settings) {
  auto v4 = parse_bind_address(settings, "smtp_bind_address");
  if (!v4) return std::unexpected(v4.error());
  auto v6 = parse_bind_address(settings, "smtp_bind_address6");
  if (!v6) return std::unexpected(v6.error());
  out.bind_v4 = *v4;
  out.bind_v6 = *v6;
  auto protocols = settings.list("inet_protocols");
  auto has = [&](std::string_view word) { return std::ranges::find(protocols, word) != protocols.end(); };
  out.use_v4 = has("all") || has("ipv4");
  out.use_v6 = has("all") || has("ipv6");
  auto preference = settings.text("smtp_address_preference");
  if (preference == "ipv4") out.prefer = smtp_settings::preference::ipv4;
  if (preference == "ipv6") out.prefer = smtp_settings::preference::ipv6;
  out.own_addresses = policy::find_own_addresses(settings, os::interface_addresses());
  return {};
}

result<> load_login_rules(sasl::client_rules& out, config::settings const& settings) {
  struct row {
    char const* parameter;
    sasl::security_options* into;
  };
  for (auto const& [parameter, into] : {row{"smtp_sasl_security_options", &out.without_tls},
                                        {"smtp_sasl_tls_security_options", &out.under_tls},
                                        {"smtp_sasl_tls_verified_security_options", &out.under_verified_tls}}) {
    auto wanted = sasl::parse_security_options(settings.text(parameter));
    if (!wanted) return fail(std::string(parameter) + ": " + wanted.error().text);
    *into = *wanted;
  }
  constexpr auto filter_parameter = "smtp_sasl_mechanism_filter";
  auto filter = policy::load_names(filter_parameter, settings.list(filter_parameter), sasl::mechanism_names());
  if (!filter) return std::unexpected(filter.error());
  out.filter = std::move(*filter);
  return {};
}

/// Password tables are usually root's alone: then masterd hands them down.
std::expected<std::optional<secret>, maps::lookup_failure> ask(password_table const& table, std::string const& key,
                                                               maps::answers& known) {
  if (table.handed != nullptr) {
    auto found = table.handed->find(key);
    if (!found) return std::unexpected(maps::lookup_failure{maps::lookup_trouble::failed, found.error().text});
    return *found ? std::optional(secret(std::move(**found))) : std::nullopt;
  }
  auto found = table.opened.find(key, known);
  if (!found) return std::unexpected(found.error());
  return *found ? std::optional(secret(std::move((*found)->value))) : std::nullopt;
}

result<> load_password_maps(smtp_settings& out, config::settings const& settings, secret_reader const& read_secret) {
  if (!settings.boolean("smtp_sasl_auth_enable")) return {};
  auto names = settings.list("smtp_sasl_password_maps");
  if (names.empty()) return fail("smtp_sasl_auth_enable = yes needs smtp_sasl_password_maps");
  for (auto const& name : names) {
    auto opened = maps::map_list::load("smtp_sasl_password_maps", {name});
    auto handed = opened ? result<secret>() : read_secret(name);
    if (!opened && !handed) return std::unexpected(opened.error());
    if (opened) {
      out.password_maps.push_back({std::move(*opened)});
    } else {
      out.password_maps.push_back({{}, maps::make_handed_table(std::move(*handed))});
    }
  }
  return {};
}

}  // namespace

result<smtp_settings> load_smtp_settings(config::settings const& settings, secret_reader const& read_secret) {
  smtp_settings out;
  out.host_name = settings.text("myhostname");
  auto& session = out.session;
  session.helo_name = settings.text("smtp_helo_name");
  session.own_host_name = out.host_name;
  for (auto const& word : settings.list("smtp_discard_ehlo_keywords")) {
    session.discarded_keywords.push_back(uppercase(word));
  }
  session.always_send_ehlo = settings.boolean("smtp_always_send_ehlo");
  session.never_send_ehlo = settings.boolean("smtp_never_send_ehlo");
  session.skip_quit_response = settings.boolean("smtp_skip_quit_response");
  load_timeouts(session.timeouts, settings);
  out.connect_timeout = settings.duration("smtp_connect_timeout");
  auto port = dns::parse_port(settings.text("smtp_tcp_port"));
  if (!port) return fail("smtp_tcp_port: not a port: " + settings.text("smtp_tcp_port"));
  out.port = *port;
  out.look_up_mx = !settings.boolean("disable_dns_lookups") && settings.text("smtp_dns_support_level") != "disabled";
  out.ignore_mx_lookup_error = settings.boolean("ignore_mx_lookup_error");
  out.defer_if_no_mx_address = settings.boolean("smtp_defer_if_no_mx_address_found");
  out.balance_protocols = settings.boolean("smtp_balance_inet_protocols");
  out.note_starttls_offer = settings.boolean("smtp_tls_note_starttls_offer");
  out.randomize = settings.boolean("smtp_randomize_addresses");
  out.address_limit = static_cast<std::size_t>(settings.integer("smtp_mx_address_limit"));
  out.soft_bounce = settings.boolean("soft_bounce");
  out.session_limit = static_cast<std::size_t>(settings.integer("smtp_mx_session_limit"));
  out.fallback_relays = settings.list("smtp_fallback_relay");
  auto rewriting = load_outbound_rules(settings);
  if (!rewriting) return std::unexpected(rewriting.error());
  out.rewriting = std::move(*rewriting);
  out.line_length_limit = static_cast<std::size_t>(settings.integer("smtp_line_length_limit"));
  out.idle_limit = settings.duration("smtp_connection_cache_time_limit");
  out.reuse_time_limit = settings.duration("smtp_connection_reuse_time_limit");
  out.reuse_count_limit = static_cast<std::size_t>(settings.integer("smtp_connection_reuse_count_limit"));
  if (auto ok = load_login_rules(session.login_rules, settings); !ok) return std::unexpected(ok.error());
  session.random = os::random_octets;
  if (auto ok = load_password_maps(out, settings, read_secret); !ok) return std::unexpected(ok.error());
  if (auto ok = load_addresses(out, settings); !ok) return std::unexpected(ok.error());
  if (auto ok = load_tls(out, settings, read_secret); !ok) return std::unexpected(ok.error());
  return out;
}

bool asks_tables_that_block(smtp_settings const& settings) {
  return settings.sites.blocks() ||
         std::ranges::any_of(settings.password_maps, [](auto const& one) { return one.opened.blocks(); });
}

std::expected<peer_tls, maps::lookup_failure> find_peer_tls(smtp_settings const& settings, std::string const& host,
                                                            std::string const& next_hop, maps::answers& known) {
  auto site = settings.sites.find(next_hop, host, known);
  if (!site) return std::unexpected(site.error());
  if (!*site) return settings.tls;
  auto common = settings.tls.match != certificate_match::none    ? site_tls::verify
                : settings.tls.level == smtp::tls_level::encrypt ? site_tls::encrypt
                : settings.tls.level == smtp::tls_level::may     ? site_tls::may
                                                                 : site_tls::none;
  bool says_nothing_new = decide_site_tls(*site, common) != **site;
  return says_nothing_new ? settings.tls : settings.site_choices[static_cast<std::size_t>(**site)];
}

std::expected<std::optional<smtp::client_credentials>, maps::lookup_failure> find_credentials(
    smtp_settings const& settings, std::string const& host, std::string const& next_hop, maps::answers& known) {
  for (auto const& table : settings.password_maps) {
    for (auto const* key : {&host, &next_hop}) {
      auto found = ask(table, *key, known);
      if (!found) return std::unexpected(found.error());
      if (!*found) continue;
      std::string_view const login = (*found)->reveal();
      auto const colon = login.find(':');
      smtp::client_credentials out{std::string(login.substr(0, colon)), {}};
      if (colon != std::string_view::npos) out.password = secret(login.substr(colon + 1));
      return out;
    }
  }
  return std::optional<smtp::client_credentials>{};
}

}  // namespace postern::delivery
