#include "receive/service_settings.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "receive/tls_settings.hpp"
#include "sasl/mechanism.hpp"
#include "sasl/mechanism_filter.hpp"

namespace postern::receive {
namespace {

std::vector<std::string> lowercase_all(std::vector<std::string> words) {
  for (auto& word : words) word = lowercase(word);
  return words;
}

result<sasl::security_options> load_security_options(config::settings const& settings, char const* parameter,
                                                     std::vector<std::string>& troubles) {
  auto wanted = sasl::parse_security_options(settings.text(parameter));
  if (!wanted) {
    troubles.push_back(
        fmt::format("{}: {}; nobody can log in where it holds until that is mended", parameter, wanted.error().text));
  }
  return wanted;
}

void append_word(std::string& words, std::string_view word) {
  if (!words.empty()) words += ' ';
  words += word;
}

/// What a mechanism needs of the session's TLS.
enum class tls_demand : std::uint8_t { none, channel_binding, certificate, unknown };

tls_demand find_demand(sasl::dovecot::mechanism_offer const& offered) {
  auto const says = [&](std::string_view word) {
    return std::ranges::find(offered.properties, word) != offered.properties.end();
  };
  // authd's way to bind channels, and only authd's: Dovecot's asks for the data later. [docs/protocols/auth.md]
  if (says("channel-binding")) return says("private") ? tls_demand::channel_binding : tls_demand::unknown;
  if (says("private")) return tls_demand::unknown;
  return iequals(offered.name, "EXTERNAL") ? tls_demand::certificate : tls_demand::none;
}

bool is_met(tls_demand demand, login_means const& means) {
  if (demand == tls_demand::channel_binding) return means.channel_bindings;
  if (demand == tls_demand::certificate) return !means.certificate_user.empty();
  return demand == tls_demand::none;
}

result<std::vector<std::string>> load_cert_username_fields(config::settings const& settings) {
  auto fields = lowercase_all(settings.list("smtpd_sasl_cert_username"));
  for (auto const& field : fields) {
    if (field != "email" && field != "cn") return fail("smtpd_sasl_cert_username = " + field + ": want email or cn");
  }
  return fields;
}

}  // namespace

result<std::shared_ptr<service_settings const>> load_service_settings(config::settings const& settings,
                                                                      std::vector<ip_address> const& interfaces,
                                                                      std::shared_ptr<net::tls_context> tls,
                                                                      std::string tls_trouble) {
  auto gate = policy::gate::load(settings, interfaces);
  if (!gate) return std::unexpected(gate.error());
  auto made = std::make_shared<service_settings>();
  made->protocol = smtp::load_server_settings(settings);
  // Without a certificate STARTTLS is not offered; where it is demanded it answers 454, and no mail is taken.
  made->protocol.tls_usable = tls != nullptr;
  if (!tls && made->protocol.tls == smtp::tls_level::may) made->protocol.tls = smtp::tls_level::none;
  made->gate = std::move(*gate);
  auto footer = policy::reject_footer::load(settings);
  if (!footer) return std::unexpected(footer.error());
  made->footer = std::move(*footer);
  auto anvil = load_anvil_settings(settings, interfaces);
  if (!anvil) return std::unexpected(anvil.error());
  made->anvil = std::make_shared<anvil_settings const>(std::move(*anvil));
  made->tls = std::move(tls);
  made->tls_trouble = std::move(tls_trouble);
  made->wrapper_mode = settings.boolean("smtpd_tls_wrappermode");
  made->soft_bounce = settings.boolean("soft_bounce");
  made->timeout = settings.duration("smtpd_timeout");
  made->starttls_timeout = settings.duration("smtpd_starttls_timeout");
  made->commit_timeout = settings.duration("spool_commit_timeout");
  auto milters = load_milter_settings(settings);
  if (!milters) return std::unexpected(milters.error());
  made->milters = std::move(*milters);
  auto submission = load_local_submission_settings(settings);
  if (!submission) return std::unexpected(submission.error());
  made->submission = std::move(*submission);
  auto balancer = load_balancer_settings(settings);
  if (!balancer) return std::unexpected(balancer.error());
  made->balancer = std::move(*balancer);
  auto content = load_content_settings(settings, interfaces, made->gate.addresses());
  if (!content) return std::unexpected(content.error());
  made->content = std::move(*content);
  auto proxy = load_proxy_settings(settings);
  if (!proxy) return std::unexpected(proxy.error());
  made->proxy = std::move(*proxy);
  made->tls_log_level = static_cast<int>(parse_unsigned(settings.text("smtpd_tls_loglevel").substr(0, 1)).value_or(0));
  made->require_client_certificate = requires_client_certificate(settings);
  made->ask_client_certificate = settings.boolean("smtpd_tls_ask_ccert") || made->require_client_certificate;
  made->sasl_service = settings.text("smtpd_sasl_service");
  made->sasl_type_is_dovecot = iequals(settings.text("smtpd_sasl_type"), "dovecot");
  made->sasl_options = load_security_options(settings, "smtpd_sasl_security_options", made->sasl_troubles);
  made->sasl_tls_options = load_security_options(settings, "smtpd_sasl_tls_security_options", made->sasl_troubles);
  constexpr auto filter_parameter = "smtpd_sasl_mechanism_filter";
  auto filter = policy::load_names(filter_parameter, settings.list(filter_parameter), sasl::mechanism_names());
  if (!filter) return std::unexpected(filter.error());
  made->sasl_mechanism_filter = std::move(*filter);
  auto fields = load_cert_username_fields(settings);
  if (!fields) return std::unexpected(fields.error());
  made->cert_username_fields = std::move(*fields);
  made->check_null_sender_from = settings.boolean("smtpd_sasl_null_sender_from_check");
  made->recipient_delimiter = settings.text("recipient_delimiter");
  auto debug_peers = policy::network_match_list::load("debug_peer_list", settings.list("debug_peer_list"));
  if (debug_peers) made->debug_peers = std::move(*debug_peers);
  struct row {
    policy::network_match_list service_settings::* list;
    char const* parameter;
  };
  for (auto [list, parameter] :
       {row{&service_settings::sasl_exceptions, "smtpd_sasl_exceptions_networks"},
        row{&service_settings::bare_newline_exclusions, "smtpd_forbid_bare_newline_exclusions"}}) {
    auto networks = policy::network_match_list::load(parameter, settings.list(parameter));
    if (!networks) return std::unexpected(networks.error());
    (*made).*list = std::move(*networks);
  }
  return made;
}

std::string find_certificate_user(service_settings const& settings, net::tls_info const& tls) {
  if (!tls.peer_certificate || !tls.peer_verified) return {};
  for (auto const& field : settings.cert_username_fields) {
    auto const& value = field == "email" ? tls.peer_email : tls.peer_subject_cn;
    if (!value.empty()) return value;
  }
  return {};
}

smtp::mechanism_offer decide_mechanism_offer(service_settings const& settings,
                                             std::vector<sasl::dovecot::mechanism_offer> const& offered,
                                             login_means const& means) {
  smtp::mechanism_offer out;
  for (auto const& one : offered) {
    auto const demand = find_demand(one);
    if (!sasl::passes_filter(settings.sasl_mechanism_filter, one.name) || demand == tls_demand::unknown) continue;
    auto words = sasl::parse_dovecot_words(one.properties);
    auto const* row = sasl::find_mechanism(one.name);
    // A word that nobody knows may have been meant to forbid it.
    auto permitted = [&](result<sasl::security_options> const& wanted) {
      if (!wanted) return false;
      bool as_cyrus = !settings.sasl_type_is_dovecot && row != nullptr;
      return as_cyrus ? sasl::permits(*wanted, row->cyrus) : sasl::permits(*wanted, words);
    };
    if (demand == tls_demand::none && permitted(settings.sasl_options)) append_word(out.before_tls, one.name);
    if (is_met(demand, means) && permitted(settings.sasl_tls_options)) append_word(out.after_tls, one.name);
  }
  return out;
}

}  // namespace postern::receive
