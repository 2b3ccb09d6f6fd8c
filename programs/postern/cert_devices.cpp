// postern cert issue, list, revoke: the certificates of devices.
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "auth/app_password.hpp"
#include "auth/auth_options.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "os/directories.hpp"

#include "admin/device_authority.hpp"
#include "admin/device_hints.hpp"
#include "admin/device_list.hpp"
#include "admin/secret_input.hpp"
#include "programs/postern/cert_command.hpp"

namespace postern::cli::cert {
namespace {

constexpr std::size_t device_octets_max = 40;

result<> check_device_name(std::string_view name) {
  bool const fits = !name.empty() && name.size() <= device_octets_max && is_utf8(name) && name.front() != '.' &&
                    std::ranges::none_of(name, [](char c) {
                      auto const octet = static_cast<unsigned char>(c);
                      return octet < 0x20 || octet == 0x7f || c == ',' || c == ':' || c == '/';
                    });
  if (fits) return {};
  return fail(
      fmt::format("the name of a device is 1 to {} octets of text without , : and /, like phone or \"old laptop\"",
                  device_octets_max));
}

result<secret> choose_password(request const& what) {
  if (!what.password_from_stdin) return auth::make_app_password();
  auto typed = admin::read_secret_line();
  if (typed && typed->empty()) return fail("the password is empty: everybody could open the file");
  return typed;
}

std::string format_state(auth::device_certificate const& one) {
  if (one.credential.empty()) return "the account is gone";
  if (one.revoked) return "revoked " + format_utc(*one.revoked);
  if (one.expires <= wall_time::clock::now()) return "expired";
  if (!one.last_used) return "never used";
  return fmt::format("used {} from {} ({})", format_utc(one.last_used->when),
                     one.last_used->address.empty() ? "?" : one.last_used->address, one.last_used->service);
}

/// As openssl and browsers write serials, too: "5F:2A:…".
std::string plain_serial(std::string_view typed) {
  std::string out;
  for (char const c : lowercase(typed)) {
    if (c != ':') out += c;
  }
  return out;
}

}  // namespace

int issue(workplace const& at, request const& what) {
  auto const canonical = auth::load_account_names(at.settings).canonical(what.words[0]);
  if (!canonical) return say(canonical.error().text);
  auto const& device = what.words[1];
  if (auto const good = check_device_name(device); !good) return say(good.error().text);
  auto const found = at.store.load_account(*canonical);
  if (!found) return say(found.error().text);
  if (!*found) return say(fmt::format("there is no account {}; `postern user list` shows all", *canonical));
  auto const& account = (*found)->name;
  auto const path = what.out.empty() ? fmt::format("{}-{}.p12", account, device) : what.out;
  if (std::filesystem::exists(path)) return say(path + " exists already; name another file with --out");

  bool const is_first = !std::filesystem::exists(at.directory + "/ca.pem");
  auto const authority = admin::device_authority::open_or_make(at.directory, at.settings.text("myhostname"));
  if (!authority) return say(authority.error().text);
  auto const password = choose_password(what);
  if (!password) return say(password.error().text);
  auto const made = authority->issue({account, device, what.lifetime});
  if (!made) return say(made.error().text);
  auto const bundle = admin::format_device_bundle(
      {made->certificate_pem, made->key_pem, authority->certificate_pem(), fmt::format("{} ({})", account, device)},
      *password, what.age);
  if (!bundle) return say(bundle.error().text);
  if (auto const written = os::write_new_file(path, *bundle, 0600); !written) return say(written.error().text);
  auto const kept = at.store.add_certificate({.serial = made->serial,
                                              .fingerprint = made->fingerprint,
                                              .account = account,
                                              .device = device,
                                              .credential = {},
                                              .issued = made->issued,
                                              .expires = made->expires,
                                              .revoked = {},
                                              .last_used = {}});
  if (!kept || !*kept) {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    return say(kept ? fmt::format("the account {} is gone", account) : kept.error().text);
  }
  // The password alone on standard output: scripts take it from there.
  if (!what.password_from_stdin) fmt::print("{}\n", password->reveal());
  fmt::print(stderr, "postern cert: {} holds the certificate {} of {}'s {}, good until {}{}\n", path, made->serial,
             account, device, format_utc(made->expires),
             what.password_from_stdin ? "" : "; its password is not shown again");
  for (auto const& hint : admin::list_device_hints(at.settings)) fmt::print(stderr, "postern cert: hint: {}\n", hint);
  if (is_first && !at.settings.text("smtpd_tls_CAfile").empty()) {
    say("hint: run postern reload: until then smtpd asks only for certificates of smtpd_tls_CAfile");
  }
  return done;
}

int list(workplace const& at, request const& what) {
  std::string account;
  if (!what.words.empty()) {
    auto canonical = auth::load_account_names(at.settings).canonical(what.words[0]);
    if (!canonical) return say(canonical.error().text);
    account = std::move(*canonical);
  }
  auto const all = at.store.load_certificates(account);
  if (!all) return say(all.error().text);
  for (auto const& one : *all) {
    fmt::print("{:<20} {:<16} {} issued {} until {}, {}\n", one.account, one.device, one.serial, format_utc(one.issued),
               format_utc(one.expires), format_state(one));
  }
  return done;
}

int revoke(workplace const& at, request const& what) {
  auto const canonical = auth::load_account_names(at.settings).canonical(what.words[0]);
  if (!canonical) return say(canonical.error().text);
  auto const all = at.store.load_certificates(*canonical);
  if (!all) return say(all.error().text);
  auto const serial = plain_serial(what.words[1]);
  int revoked = 0;
  for (auto const& one : *all) {
    bool const meant = one.device == what.words[1] || one.serial == serial;
    if (!meant || one.revoked || one.credential.empty()) continue;
    auto const ended = at.store.revoke_certificate(one, wall_time::clock::now());
    if (!ended) return say(ended.error().text);
    if (!*ended) continue;
    ++revoked;
    fmt::print("revoked {} of {}'s {}\n", one.serial, one.account, one.device);
  }
  if (revoked == 0) {
    return say(
        fmt::format("{} has no certificate {} that works; `postern cert list` shows all", *canonical, what.words[1]));
  }
  if (auto const listed = admin::renew_revocation_list(at.directory, at.store); !listed) {
    return say("it is revoked here, but not in the list for other programs: " + listed.error().text);
  }
  return done;
}

}  // namespace postern::cli::cert
