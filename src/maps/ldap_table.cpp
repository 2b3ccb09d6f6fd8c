#include <ldap.h>

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "base/text.hpp"
#include "maps/key_filter.hpp"
#include "maps/ldap/escape.hpp"
#include "maps/ldap/needs.hpp"
#include "maps/ldap_expansion.hpp"
#include "maps/ldap_options.hpp"
#include "maps/remote_tables.hpp"

namespace postern::maps {
namespace {

class ldap_table final : public remote_table {
 public:
  ldap_table(std::string name, ldap_table_options options, key_filter filter)
      : name_(std::move(name)),
        options_(std::move(options)),
        filter_(std::move(filter)),
        connection_(options_.server) {}

  result<std::optional<std::string>> find(std::string_view key) override {
    auto const prepared = filter_.prepare(key);
    if (!prepared || !*prepared) return prepared;
    address_parts const parts(**prepared);
    auto const quote_dn = [](std::string_view value, std::size_t) { return std::optional(escape_ldap_dn(value)); };
    auto const quote = [](std::string_view value, std::size_t) { return std::optional(escape_ldap_filter(value)); };
    auto base = options_.search_base.expand(parts, parts, quote_dn);
    auto filter = options_.query_filter.expand(parts, parts, quote);
    if (!base || !filter || !options_.result_format.fits_key(parts)) return std::nullopt;
    deadline_ = std::chrono::steady_clock::now() + lookup_timeouts * std::chrono::seconds(options_.server.timeout);
    ldap_expansion expansion(options_, parts, [this](ldap_reference const& where) { return search(where); });
    auto told = expansion.expand({.base = std::move(*base),
                                  .scope = options_.scope,
                                  .filter = std::move(*filter),
                                  .attributes = options_.all_attributes()});
    if (!told) return fail(fmt::format("{}: {}", name_, told.error().text));
    return told;
  }

 private:
  // A group's members may take many searches; each has `timeout`, all together this many times that.
  static constexpr int lookup_timeouts = 3;

  result<> connect() {
    auto const ready = options_.binds ? connection_.is_bound() : connection_.is_open();
    if (ready) return {};
    auto const made = options_.binds ? connection_.bind(options_.identity) : connection_.open();
    if (!made) return to_failure(made.error());
    return {};
  }

  std::unexpected<failure> to_failure(ldap_error const& error) const {
    return fail(fmt::format("{}: {}{}{}", options_.server.servers, format_ldap_trouble(error.trouble),
                            error.detail.empty() ? "" : ": ", printable(error.detail, 300)));
  }

  result<ldap_expansion::entries> search(ldap_reference const& where) {
    while (true) {
      if (std::chrono::steady_clock::now() >= deadline_) return fail("the lookup took too long");
      bool const fresh = options_.binds ? !connection_.is_bound() : !connection_.is_open();
      if (auto ready = connect(); !ready) return std::unexpected(ready.error());
      auto found = connection_.search(
          {.base = where.base, .scope = where.scope, .filter = where.filter, .attributes = where.attributes});
      if (found && found->cut) return fail("more entries than size_limit, or the server, allows");
      if (found) return std::move(found->entries);
      // Once more: a connection that was idle may have been closed meanwhile.
      if (fresh || found.error().trouble != ldap_trouble::retry) return to_failure(found.error());
    }
  }

  std::string name_;
  ldap_table_options options_;
  key_filter filter_;
  ldap_connection connection_;
  std::chrono::steady_clock::time_point deadline_;
};

result<ldap_table_options> load(std::string_view name) {
  auto const from = table_options::load("ldap", name);
  if (!from) return std::unexpected(from.error());
  return parse_ldap_table_options(*from);
}

}  // namespace

result<std::unique_ptr<table>> open_ldap(std::string_view name) {
  auto options = load(name);
  if (!options) return std::unexpected(options.error());
  auto filter = key_filter::load(options->domains);
  if (!filter) return fail(fmt::format("ldap:{}: domain: {}", name, filter.error().text));
  return std::make_unique<ldap_table>(fmt::format("ldap:{}", name), std::move(*options), std::move(*filter));
}

void ask_for_ldap(std::string_view name, os::sandbox_rules& rules) {
  ask_for_options(name, rules);
  auto const options = load(name);
  if (!options) return;
  for (auto const uri : split_any(options->server.servers, " ")) ask_for_ldap_server(std::string(uri), rules);
  ask_for_libldap({}, rules);
  auto const& server = options->server;
  for (auto const& file : {server.ca_file, server.ca_directory, server.certificate, server.key}) {
    if (!file.empty()) rules.readable.push_back(file);
  }
  ask_for_domains(options->domains, rules);
}

}  // namespace postern::maps
