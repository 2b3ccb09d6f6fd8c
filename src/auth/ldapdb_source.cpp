#include "auth/ldapdb_source.hpp"

#include <ldap.h>

#include <fmt/format.h>

#include "base/text.hpp"
#include "maps/ldap/connection.hpp"

namespace postern::auth {
namespace {

class ldapdb_source final : public auxprop_source {
 public:
  explicit ldapdb_source(ldapdb_source_options options)
      : auxprop_source(options.scram), options_(std::move(options)), connection_(options_.connection) {
    options_.connection.use_sasl = true;
  }

  std::string_view name() const noexcept override { return "ldapdb"; }

 protected:
  result<std::optional<properties>> load(login const& who, std::string_view property) override {
    if (who.user.empty() || who.user.contains('\0')) return std::nullopt;
    while (true) {
      bool const fresh = !connection_.is_bound();
      if (fresh) {
        if (auto const bound = bind(); !bound) return to_failure(bound.error());
      }
      auto found = look_up(who, property);
      if (found) return std::move(*found);
      connection_.disconnect();
      // Once more: a connection that was idle may have been closed meanwhile.
      if (fresh || found.error().trouble != maps::ldap_trouble::retry) return to_failure(found.error());
    }
  }

 private:
  std::unexpected<failure> to_failure(maps::ldap_error const& error) const {
    return fail(fmt::format("ldapdb at {} as {}: {}: {}", options_.connection.servers, options_.connection.id,
                            maps::format_ldap_trouble(error.trouble), printable(error.detail, 300)));
  }

  maps::ldap_result_of<> bind() {
    maps::ldap_identity const us{
        .dn = {}, .password = options_.connection.password, .id = options_.connection.id, .authorization_id = {}};
    auto bound = connection_.bind(us);
    if (bound || !options_.connection.start_tls || options_.tls_demanded) return bound;
    if (bound.error().trouble != maps::ldap_trouble::connect_failed) return bound;
    options_.connection.start_tls = false;
    bound = connection_.bind(us);
    options_.connection.start_tls = true;
    return bound;
  }

  maps::ldap_result_of<std::optional<properties>> look_up(login const& who, std::string_view property) {
    if (auto const set = connection_.act_as("u:" + who.user); !set) return std::unexpected(set.error());
    auto const entry = connection_.who_am_i();
    if (!entry && entry.error().trouble == maps::ldap_trouble::user_not_found) return std::nullopt;
    if (!entry) return std::unexpected(entry.error());
    if (entry->empty()) return std::nullopt;
    auto values = read(*entry, std::string(property));
    if (!values) return std::unexpected(values.error());
    if (!*values) return std::nullopt;
    properties found{.account = canonical(who), .values = std::move(**values)};
    if (options_.canonical_attribute.empty()) return found;
    auto names = read(*entry, options_.canonical_attribute);
    if (!names) return std::unexpected(names.error());
    if (*names && !(*names)->empty()) found.account = (*names)->front().reveal();
    return found;
  }

  /// Empty: there is no such entry.
  maps::ldap_result_of<std::optional<std::vector<secret>>> read(std::string const& dn, std::string const& attribute) {
    auto answer = connection_.search(
        {.base = dn, .scope = LDAP_SCOPE_BASE, .filter = "(objectClass=*)", .attributes = {attribute}});
    if (!answer) return std::unexpected(answer.error());
    if (answer->entries.empty()) return std::nullopt;
    return answer->entries.front().values_of(attribute);
  }

  ldapdb_source_options options_;
  maps::ldap_connection connection_;
};

}  // namespace

std::unique_ptr<credential_source> make_ldapdb_source(ldapdb_source_options options) {
  return std::make_unique<ldapdb_source>(std::move(options));
}

}  // namespace postern::auth
