// postern cert: the table of its actions and its command line.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <span>

#include <fmt/format.h>

#include "auth/auth_options.hpp"
#include "base/text.hpp"

#include "programs/postern/cert_command.hpp"
#include "programs/postern/commands.hpp"
#include "programs/postern/long_options.hpp"

namespace postern::cli {
namespace {

using namespace cert;

constexpr std::int64_t days_max = 3650;

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
  auto const name = option_name(word);
  if (!issuing || (name != "--out" && name != "--days"))
    return fail(fmt::format("{} does not take {}", chosen.name, name));
  auto const value = take_option_value(words, at);
  if (!value) return fail(fmt::format("{} needs a value", name));
  if (name == "--out") return into.out = *value, result<>();
  auto const days = parse_unsigned(*value);
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

int cert::say(std::string_view text) {
  fmt::print(stderr, "postern cert: {}\n", text);
  return failed;
}

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
