#include "auth/account_admission.hpp"

#include <algorithm>

#include <fmt/ranges.h>

#include "base/text.hpp"

namespace postern::auth {
namespace {

/// saslauthd's clients put the port behind the address: "192.0.2.7;51234".
bool is_inside(std::vector<ip_network> const& networks, std::string_view client_address) {
  if (networks.empty()) return true;
  auto const address = ip_address::parse(client_address.substr(0, client_address.find(';')));
  return address && std::ranges::any_of(networks, [&](ip_network const& one) { return one.contains(*address); });
}

std::string format_client(login const& who) {
  return who.client_address.empty() ? "an unknown address" : printable(who.client_address, 64);
}

std::string describe(credential const& app) {
  auto const device = certificate_device(app.name);
  return device.empty() ? fmt::format("the app password {}", app.name) : fmt::format("the certificate of {}", device);
}

verdict decide_app_password(account const& whom, credential const& app, login const& who, wall_time now) {
  auto const refuse = [&](verdict_code code, std::string why) {
    return verdict{.code = code, .account = whom.name, .detail = describe(app) + " " + why, .credential = app.name};
  };
  if (app.revoked) {
    return refuse(verdict_code::wrong_password, "was revoked at " + format_utc(*app.revoked));
  }
  if (app.limits.expires && *app.limits.expires <= now) {
    return refuse(verdict_code::expired, "expired at " + format_utc(*app.limits.expires));
  }
  auto const& scopes = app.limits.scopes;
  if (!scopes.empty() && std::ranges::find(scopes, who.service) == scopes.end()) {
    return refuse(verdict_code::scope_refused,
                  fmt::format("is for {}, not for {}", fmt::join(scopes, ", "), printable(who.service, 32)));
  }
  if (!is_inside(app.limits.networks, who.client_address)) {
    return refuse(verdict_code::network_refused, "may not be used from " + format_client(who));
  }
  return {.code = verdict_code::accepted, .account = whom.name, .credential = app.name};
}

}  // namespace

verdict decide_admission(account const& whom, credential const* app, login const& who, wall_time now) {
  if (whom.locked) {
    return {.code = verdict_code::locked,
            .account = whom.name,
            .detail = "the account is locked; postern user unlock lets it in"};
  }
  if (whom.expires && *whom.expires <= now) {
    return {.code = verdict_code::expired,
            .account = whom.name,
            .detail = fmt::format("the account expired at {}; postern user expire {} never lets it in",
                                  format_utc(*whom.expires), whom.name)};
  }
  if (app != nullptr) return decide_app_password(whom, *app, who, now);
  if (!is_inside(whom.password_networks, who.client_address)) {
    return {.code = verdict_code::network_refused,
            .account = whom.name,
            .detail = "the password may not be used from " + format_client(who)};
  }
  return {.code = verdict_code::accepted, .account = whom.name};
}

credential const* find_app_password(account const& whom, std::string_view name) {
  auto const found = std::ranges::find(whom.app_passwords, name, &credential::name);
  return found == whom.app_passwords.end() ? nullptr : &*found;
}

}  // namespace postern::auth
