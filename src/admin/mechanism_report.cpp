#include "admin/mechanism_report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "receive/service_settings.hpp"
#include "sasl/mechanism.hpp"
#include "sasl/mechanism_filter.hpp"
#include "sasl/security_options.hpp"

namespace postern::admin {
namespace {

using offer = sasl::dovecot::mechanism_offer;

bool names(std::vector<std::string> const& list, std::string_view name) {
  return std::ranges::any_of(list, [name](auto const& one) { return iequals(one, name); });
}

class explainer {
 public:
  explainer(login_plan const& plan, config::settings const& service, receive::service_settings const& smtpd, bool tls,
            std::string const& certificate_user)
      : plan_(plan), service_(service), smtpd_(smtpd), tls_(tls), certificate_user_(certificate_user) {}

  mechanism_standing explain(std::string_view name, offer const* at_daemon) const {
    if (at_daemon == nullptr) return explain_absent(name);
    auto const shown = receive::decide_mechanism_offer(
        smtpd_, {*at_daemon}, {.channel_bindings = tls_, .certificate_user = certificate_user_});
    if (!(tls_ ? shown.after_tls : shown.before_tls).empty()) return {std::string(name), true, true, {}};
    return explain_filtered(*at_daemon);
  }

 private:
  /// The daemon does not offer it.
  mechanism_standing explain_absent(std::string_view name) const {
    mechanism_standing out{std::string(name), false, true, {}};
    if (plan_.at == login_plan::door::foreign) {
      out.wanted = false;
      out.why = "the daemon does not offer it";
      return out;
    }
    if (!names(plan_.named, name)) {
      out.wanted = false;
      out.why = plan_.named_by + " does not name it";
      return out;
    }
    out.wanted = plan_.named_by_hand;
    auto const left_out =
        std::ranges::find_if(plan_.left_out, [&](auto const& row) { return iequals(row.name, name); });
    out.why =
        left_out != plan_.left_out.end() ? left_out->why : "the running authd does not offer it yet: postern reload";
    return out;
  }

  /// smtpd does not pass it on.
  mechanism_standing explain_filtered(offer const& one) const {
    mechanism_standing out{one.name, false, true, {}};
    if (!sasl::passes_filter(smtpd_.sasl_mechanism_filter, one.name)) {
      out.why = fmt::format("smtpd_sasl_mechanism_filter ({}) leaves it out",
                            service_.where("smtpd_sasl_mechanism_filter").text());
      return out;
    }
    auto const* const parameter = tls_ ? "smtpd_sasl_tls_security_options" : "smtpd_sasl_security_options";
    if (auto const word = find_refusing_word(parameter, one); !word.empty()) {
      out.why = fmt::format("{} in {} ({}) leaves it out", word, parameter, service_.where(parameter).text());
      return out;
    }
    out.wanted = false;
    bool const certificate = iequals(one.name, "EXTERNAL");
    out.why = certificate ? "it is for clients that show a certificate which smtpd trusts"
                          : "it is bound to a TLS channel, and this client has none";
    return out;
  }

  std::string find_refusing_word(std::string_view parameter, offer const& one) const {
    auto const* const row = sasl::find_mechanism(one.name);
    auto const words = sasl::parse_dovecot_words(one.properties);
    bool const as_cyrus = !smtpd_.sasl_type_is_dovecot && row != nullptr;
    for (auto const& word : service_.list(parameter)) {
      auto const asked = sasl::parse_security_options(word);
      if (!asked || !(as_cyrus ? sasl::permits(*asked, row->cyrus) : sasl::permits(*asked, words))) return word;
    }
    return {};
  }

  login_plan const& plan_;
  config::settings const& service_;
  receive::service_settings const& smtpd_;
  bool tls_;
  std::string const& certificate_user_;
};

}  // namespace

std::vector<offer> format_offers(std::span<std::string const> mechanisms) {
  std::vector<offer> out;
  for (auto const& row : sasl::mechanisms()) {
    if (std::ranges::none_of(mechanisms, [&](auto const& name) { return iequals(name, row.name); })) continue;
    offer one{std::string(row.name), sasl::format_dovecot_words(row.dovecot)};
    if (row.name.ends_with("-PLUS")) one.properties.insert(one.properties.end(), {"channel-binding", "private"});
    out.push_back(std::move(one));
  }
  return out;
}

result<std::vector<mechanism_standing>> explain_mechanisms(login_plan const& plan, config::settings const& service,
                                                           std::vector<offer> const& at_daemon, bool tls,
                                                           std::string const& certificate_user) {
  auto const smtpd = receive::load_service_settings(service, {}, nullptr, {});
  if (!smtpd) return std::unexpected(smtpd.error());
  explainer const by(plan, service, **smtpd, tls, certificate_user);
  std::vector<mechanism_standing> out;
  for (auto const& row : sasl::mechanisms()) {
    auto const found = std::ranges::find_if(at_daemon, [&](auto const& one) { return iequals(one.name, row.name); });
    out.push_back(by.explain(row.name, found == at_daemon.end() ? nullptr : &*found));
  }
  for (auto const& one : at_daemon) {
    if (sasl::find_mechanism(one.name) == nullptr) out.push_back(by.explain(one.name, &one));
  }
  return out;
}

}  // namespace postern::admin
