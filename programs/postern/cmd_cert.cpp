// postern cert: device certificates, their files and their end.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <span>

#include <fmt/format.h>

#include "auth/account_store.hpp"
#include "auth/app_password.hpp"
#include "auth/auth_options.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "config/settings.hpp"
#include "os/directories.hpp"

#include "admin/certificate.hpp"
#include "admin/device_authority.hpp"
#include "admin/device_bundle.hpp"
#include "admin/device_hints.hpp"
#include "admin/device_list.hpp"
#include "admin/secret_input.hpp"
#include "programs/postern/commands.hpp"

namespace postern::cli {
namespace {

constexpr int done = 0;
constexpr int failed = 1;
constexpr int wrong_usage = 2;
constexpr std::int64_t days_max = 3650;
constexpr std::size_t device_octets_max = 40;

struct request {
  std::vector<std::string> words;
  std::string out;
  std::chrono::days lifetime{730};
  admin::bundle_age age = admin::bundle_age::modern;
  bool password_from_stdin = false;
  bool show_certificate = false;
  bool show_list = false;
  bool renew = false;
};

/// What every action works on.
struct workplace {
  config::settings const& settings;
  auth::account_store& store;
  std::string directory;
};

int say(std::string_view text) {
  fmt::print(stderr, "postern cert: {}\n", text);
  return failed;
}

// ---- issue

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

// ---- list

std::string format_state(auth::device_certificate const& one) {
  if (one.credential.empty()) return "the account is gone";
  if (one.revoked) return "revoked " + format_utc(*one.revoked);
  if (one.expires <= wall_time::clock::now()) return "expired";
  if (!one.last_used) return "never used";
  return fmt::format("used {} from {} ({})", format_utc(one.last_used->when),
                     one.last_used->address.empty() ? "?" : one.last_used->address, one.last_used->service);
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

// ---- revoke

/// As openssl and browsers write serials, too: "5F:2A:…".
std::string plain_serial(std::string_view typed) {
  std::string out;
  for (char const c : lowercase(typed)) {
    if (c != ':') out += c;
  }
  return out;
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

// ---- the authority

/// Its list ends with the authority: it is signed anew, too.
int renew_authority(workplace const& at, admin::device_authority& authority) {
  if (auto const renewed = authority.renew(); !renewed) return say(renewed.error().text);
  if (auto const listed = admin::renew_revocation_list(at.directory, at.store); !listed) {
    return say("it is renewed, but not its list of what is revoked: " + listed.error().text);
  }
  fmt::print(stderr, "postern cert: renewed; give `postern cert ca --export` to other programs that trust it{}\n",
             at.settings.text("smtpd_tls_CAfile").empty() ? "" : ", and run postern reload");
  return done;
}

int show_authority(workplace const& at, request const& what) {
  auto authority = admin::device_authority::open(at.directory);
  if (!authority && authority.error().system_error == ENOENT) {
    return say("there is no authority yet; `postern cert issue` makes it");
  }
  if (!authority) return say(authority.error().text);
  if (what.renew) return renew_authority(at, *authority);
  if (what.show_certificate) {
    fmt::print("{}", authority->certificate_pem());
    return done;
  }
  if (what.show_list) {
    if (auto const listed = admin::renew_revocation_list(at.directory, at.store); !listed) {
      return say(listed.error().text);
    }
    auto const file = os::open_to_read(authority->list_path());
    auto const text = file ? os::read_whole(*file, 16UL * 1024 * 1024) : std::unexpected(file.error());
    if (!text) return say(text.error().text);
    fmt::print("{}", *text);
    return done;
  }
  auto const shown = admin::certificate::parse_pem(authority->certificate_pem());
  if (!shown) return say(shown.error().text);
  fmt::print("subject    {}\ndirectory  {}\nkey        {}\nsince      {}\nuntil      {}\nSHA-256    {}\n",
             shown->subject(), at.directory, shown->key_text(), format_utc(shown->not_before()),
             format_utc(shown->not_after()), authority->fingerprint());
  return done;
}

// ---- the command line

struct action {
  std::string_view name;
  std::string_view operands;
  std::size_t words_min;
  std::size_t words_max;
  int (*run)(workplace const&, request const&);
  std::string_view meaning;
};
constexpr action actions[] = {
    {"issue", "USER DEVICE", 2, 2, issue, "make a certificate for a device and the file that it imports"},
    {"list", "[USER]", 0, 1, list, "show all certificates, until when they are good, when and where they were used"},
    {"revoke", "USER DEVICE|SERIAL", 2, 2, revoke, "end certificates, and the sessions that use them, at once"},
    {"ca", "", 0, 0, show_authority, "show the authority that signs them"},
};

int usage(std::FILE* to, int status) {
  fmt::print(to, "usage: postern cert ACTION [ARGUMENTS] [--dir DIR | -c CONFDIR]\n\n");
  for (auto const& one : actions) fmt::print(to, "  {:<7}{:<20} {}\n", one.name, one.operands, one.meaning);
  fmt::print(
      to,
      "\nissue:  --out FILE.p12 (USER-DEVICE.p12)  --days N (730)  --legacy (3DES and SHA-1, for iOS before 18,\n"
      "        Android before 14 and macOS before 15)  --password-stdin (else one is made and shown once)\n"
      "ca:     --export prints its certificate, --crl the list of what it has revoked; --renew begins its ten years\n"
      "        anew, with the same key: certificates of devices stay good\n");
  return status;
}

result<> take_option(std::span<std::string const> words, std::size_t& at, action const& chosen, request& into) {
  auto const& word = words[at];
  bool const issuing = chosen.run == issue;
  if (issuing && word == "--legacy") return into.age = admin::bundle_age::old, result<>();
  if (issuing && word == "--password-stdin") return into.password_from_stdin = true, result<>();
  if (chosen.run == show_authority && word == "--export") return into.show_certificate = true, result<>();
  if (chosen.run == show_authority && word == "--renew") return into.renew = true, result<>();
  if (chosen.run == show_authority && word == "--crl") return into.show_list = true, result<>();
  auto const equals = word.find('=');
  auto const name = word.substr(0, equals);
  if (!issuing || (name != "--out" && name != "--days"))
    return fail(fmt::format("{} does not take {}", chosen.name, name));
  if (equals == std::string::npos && ++at == words.size()) return fail(name + " needs a value");
  auto const value = equals == std::string::npos ? words[at] : word.substr(equals + 1);
  if (name == "--out") return into.out = value, result<>();
  auto const days = parse_unsigned(value);
  if (!days || *days == 0 || *days > days_max) return fail(fmt::format("--days is 1 to {}", days_max));
  into.lifetime = std::chrono::days(*days);
  return {};
}

result<> take_words(std::span<std::string const> words, action const& chosen, request& into) {
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (words[at].size() > 1 && words[at].starts_with('-')) {
      if (auto taken = take_option(words, at, chosen, into); !taken) return taken;
    } else if (into.words.size() < chosen.words_max) {
      into.words.push_back(words[at]);
    } else {
      return fail("one argument too many");
    }
  }
  if (into.words.size() < chosen.words_min) return fail(fmt::format("{} needs {}", chosen.name, chosen.operands));
  return {};
}

}  // namespace

int cmd_cert(command_line const& line) {
  if (line.args.empty()) return usage(stderr, wrong_usage);
  if (line.args[0] == "help" || std::ranges::find(line.args, "--help") != line.args.end()) return usage(stdout, done);
  auto const* const chosen = std::ranges::find(actions, std::string_view(line.args[0]), &action::name);
  if (chosen == std::end(actions)) {
    say(fmt::format("there is no action '{}'; `postern cert help` shows all", line.args[0]));
    return wrong_usage;
  }
  request what;
  if (auto const taken = take_words(std::span(line.args).subspan(1), *chosen, what); !taken) {
    say(taken.error().text);
    return wrong_usage;
  }
  auto const settings = config::settings::load({.config_dir = line.config_dir,
                                                .private_dir = line.dir,
                                                .main_cf_may_be_missing = !line.dir.empty(),
                                                .tolerate_errors = true,
                                                .program = "postern"});
  if (!settings) return say(settings.error().text);
  auto store = auth::account_store::open(auth::account_database_path(*settings), {.create = false});
  if (!store && store.error().system_error == ENOENT) {
    return say("there are no accounts yet; `postern user add NAME` makes the first");
  }
  if (!store) return say(store.error().text);
  return chosen->run({*settings, *store, settings->text("device_ca_directory")}, what);
}

}  // namespace postern::cli
