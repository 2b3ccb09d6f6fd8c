#include "receive/tls_settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "receive/sni_identities.hpp"

namespace postern::receive {
namespace {

bool is_none(std::string const& file) { return file.empty() || file == "none"; }

// smtpd_tls_chain_files: each file holds a key and, behind it, its chain; several keys may stand in one file.
result<std::vector<net::tls_identity>> load_chain_files(std::vector<std::string> const& files,
                                                        secret_reader const& read_secret) {
  std::vector<net::tls_identity> out;
  for (auto const& file : files) {
    auto text = read_secret(file);
    if (!text) return fail("smtpd_tls_chain_files: " + text.error().text);
    auto identities = parse_identities(text->reveal(), "smtpd_tls_chain_files: " + file);
    if (!identities) return identities;
    std::ranges::move(*identities, std::back_inserter(out));
  }
  return out;
}

struct key_pair_parameters {
  char const* certificate;
  char const* key;
};

result<std::vector<net::tls_identity>> load_identities(config::settings const& settings,
                                                       secret_reader const& read_secret) {
  if (auto chains = settings.list("smtpd_tls_chain_files"); !chains.empty())
    return load_chain_files(chains, read_secret);
  std::vector<net::tls_identity> out;
  for (auto [certificate, key] : {key_pair_parameters{"smtpd_tls_cert_file", "smtpd_tls_key_file"},
                                  key_pair_parameters{"smtpd_tls_eccert_file", "smtpd_tls_eckey_file"},
                                  key_pair_parameters{"smtpd_tls_dcert_file", "smtpd_tls_dkey_file"}}) {
    auto certificate_file = settings.text(certificate);
    if (is_none(certificate_file)) continue;
    auto key_file = settings.text(key);
    auto certificates = read_secret(certificate_file);
    if (!certificates) return fail(fmt::format("{}: {}", certificate, certificates.error().text));
    auto key_text = read_secret(key_file);
    if (!key_text) return fail(fmt::format("{}: {}", key, key_text.error().text));
    out.push_back({std::string(certificates->reveal()), std::move(*key_text),
                   certificate_file == key_file ? key_file : fmt::format("{} and {}", certificate_file, key_file)});
  }
  return out;
}

std::string joined(std::vector<std::string> const& words) {
  std::string out;
  for (auto const& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

struct cipher_grade {
  std::string_view name;
  std::string_view parameter;
};
constexpr std::array cipher_grades{
    cipher_grade{"high", "tls_high_cipherlist"}, cipher_grade{"medium", "tls_medium_cipherlist"},
    cipher_grade{"low", "tls_low_cipherlist"},   cipher_grade{"export", "tls_export_cipherlist"},
    cipher_grade{"null", "tls_null_cipherlist"},
};

// What authenticates nobody or encrypts nothing is only in the grade "null".
std::string cipher_list(config::settings const& settings, std::string_view grade) {
  auto found = std::ranges::find_if(cipher_grades, [&](auto const& row) { return iequals(row.name, grade); });
  if (found == cipher_grades.end()) return {};
  auto list = settings.text(found->parameter);
  return found->name == "null" || list.empty() ? list : list + ":!aNULL:!eNULL";
}

std::string key_exchange_groups(config::settings const& settings) {
  auto grade = lowercase(settings.text("smtpd_tls_eecdh_grade"));
  if (grade == "strong") return settings.text("tls_eecdh_strong_curve");
  if (grade == "ultra") return settings.text("tls_eecdh_ultra_curve");
  if (grade != "auto") return {};
  std::string out;
  for (auto const& curve : settings.list("tls_eecdh_auto_curves")) out += (out.empty() ? "" : ":") + curve;
  return out;
}

std::string excluded_ciphers(config::settings const& settings, bool mandatory) {
  auto names = settings.list("smtpd_tls_exclude_ciphers");
  if (mandatory) {
    auto more = settings.list("smtpd_tls_mandatory_exclude_ciphers");
    names.insert(names.end(), more.begin(), more.end());
  }
  return joined(names);
}

// As Postfix: the names of smtpd_tls_CAfile, none of smtpd_tls_CApath. A client that is told names keeps back what
// others signed, so the authority of device certificates is told with them.
std::vector<std::string> announced_ca_files(config::settings const& settings) {
  auto const file = settings.text("smtpd_tls_CAfile");
  if (file.empty()) return {};
  std::vector<std::string> out{file};
  auto devices = settings.text("device_ca_directory") + "/ca.pem";
  if (::access(devices.c_str(), R_OK) == 0) out.push_back(std::move(devices));
  return out;
}

}  // namespace

std::string effective_tls_level(config::settings const& settings) {
  if (settings.boolean("smtpd_tls_wrappermode")) return "encrypt";
  auto level = lowercase(settings.text("smtpd_tls_security_level"));
  if (!level.empty()) return level == "none" || level == "may" ? level : "encrypt";
  if (settings.boolean("smtpd_enforce_tls")) return "encrypt";
  return settings.boolean("smtpd_use_tls") ? "may" : "none";
}

bool requires_client_certificate(config::settings const& settings) {
  return settings.boolean("smtpd_tls_req_ccert") && effective_tls_level(settings) == "encrypt";
}

bool appends_default_authorities(config::settings const& settings) {
  bool const has_own = !settings.text("smtpd_tls_CAfile").empty() || !settings.text("smtpd_tls_CApath").empty();
  return has_own && settings.boolean("tls_append_default_CA");
}

result<std::shared_ptr<net::tls_context>> make_tls_context(config::settings const& settings,
                                                           secret_reader const& read_secret,
                                                           std::shared_ptr<net::tls_ticket_keys> ticket_keys,
                                                           std::vector<std::string>& problems) {
  auto level = effective_tls_level(settings);
  if (level == "none") return nullptr;
  auto identities = load_identities(settings, read_secret);
  if (!identities) return std::unexpected(identities.error());
  if (identities->empty()) return nullptr;
  bool mandatory = level == "encrypt";
  net::tls_options options;
  options.identities = std::move(*identities);
  options.protocols = settings.text(mandatory ? "smtpd_tls_mandatory_protocols" : "smtpd_tls_protocols");
  options.cipher_grade = settings.text(mandatory ? "smtpd_tls_mandatory_ciphers" : "smtpd_tls_ciphers");
  options.cipher_list = cipher_list(settings, options.cipher_grade);
  options.groups = key_exchange_groups(settings);
  options.excluded_ciphers = excluded_ciphers(settings, mandatory);
  options.prefer_server_ciphers = settings.boolean("tls_preempt_cipherlist");
  if (settings.boolean("smtpd_tls_ask_ccert") || requires_client_certificate(settings))
    options.ask_peer = net::peer_certificate::ask;
  options.ca_file = settings.text("smtpd_tls_CAfile");
  options.ca_path = settings.text("smtpd_tls_CApath");
  options.default_authorities = appends_default_authorities(settings);
  options.announced_ca_files = announced_ca_files(settings);
  options.verify_depth = static_cast<int>(settings.integer("smtpd_tls_ccert_verifydepth"));
  options.fingerprint_digest = settings.text("smtpd_tls_fingerprint_digest");
  options.bare_key_fingerprints = settings.boolean("tls_legacy_public_key_fingerprints");
  options.session_lifetime = settings.duration("smtpd_tls_session_cache_timeout");
  options.tickets = options.session_lifetime.count() > 0;
  options.ticket_keys = std::move(ticket_keys);
  options.identities_by_name = load_sni_identities(settings, read_secret, problems);
  return net::tls_context::make_server(std::move(options));
}

}  // namespace postern::receive
