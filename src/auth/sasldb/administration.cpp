#include "auth/sasldb/administration.hpp"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include <fmt/format.h>

#include "auth/cyrus/cyrus_options.hpp"
#include "base/text.hpp"

namespace postern::auth::sasldb {
namespace {

std::vector<std::string> configuration_directories() {
  std::vector<std::string> out;
  if (char const* const named = std::getenv("SASL_CONF_PATH"); named != nullptr && ::geteuid() == ::getuid()) {
    for (auto const part : split_any(named, ":")) out.emplace_back(part);
    return out;
  }
  return {"/etc/sasl2", "/usr/lib/sasl2"};
}

std::unexpected<failure> wrong_parameter(failure const& why) { return std::unexpected(failure{why.text, EINVAL}); }

}  // namespace

result<administration_options> load_administration_options(std::string_view application) {
  auto const found = cyrus::load_sasl_conf(configuration_directories(), application);
  if (!found) return std::unexpected(found.error());
  if (!*found) return administration_options{};
  auto const meant = cyrus::make_cyrus_options(**found);
  if (!meant) return std::unexpected(meant.error());
  if (!meant->plugins.empty() && std::ranges::find(meant->plugins, "sasldb") == meant->plugins.end()) {
    return fail(fmt::format("{}: auxprop_plugin does not name sasldb, and this program writes nothing else",
                            meant->file.where("auxprop_plugin")));
  }
  return administration_options{.path = meant->sasldb_path,
                                .store_verifiers = meant->scram_secret_generate,
                                .iterations = meant->scram_iterations};
}

std::string default_realm() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  ::gethostname(name.data(), name.size() - 1);
  return lowercase(name.data());
}

result<> store_password(administration_options const& how, user_in_realm const& who, secret const& password,
                        bool plaintext) {
  if (auto good = check_user(who); !good) return wrong_parameter(good.error());
  if (auto good = check_password(password); !good) return wrong_parameter(good.error());
  new_password const stored{.password = password,
                            .plaintext = plaintext,
                            .verifiers = how.store_verifiers || !plaintext,
                            .iterations = how.iterations};
  return change(how.path, true, [&](records& all) -> result<> {
    set_password(all, who, stored);
    return {};
  });
}

result<bool> delete_user(administration_options const& how, user_in_realm const& who) {
  if (auto good = check_user(who); !good) return wrong_parameter(good.error());
  bool removed = false;
  auto const done = change(how.path, false, [&](records& all) -> result<> {
    removed = remove_user(all, who);
    return {};
  });
  if (!done && done.error().system_error == ENOENT) return false;
  if (!done) return std::unexpected(done.error());
  return removed;
}

result<std::vector<record_key>> list_properties(std::string const& path) {
  auto const content = load(path);
  if (!content) return std::unexpected(content.error());
  std::vector<record_key> out;
  for (auto const& one : content->all) {
    auto key = parse_key(one.key);
    if (!key) return fail(fmt::format("{} is no sasldb2: {}", path, key.error().text));
    out.push_back(std::move(*key));
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace postern::auth::sasldb
