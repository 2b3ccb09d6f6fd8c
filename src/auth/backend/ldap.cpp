#include "auth/backend/ldap.hpp"

#include <ldap.h>

#include <algorithm>

#include <fmt/format.h>

#include "auth/backend/ldap_password.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace postern::auth {
namespace {

std::unexpected<maps::ldap_error> no(maps::ldap_trouble trouble, std::string detail = {}) {
  return std::unexpected(maps::ldap_error{trouble, std::move(detail)});
}

/// The client's fault, as opposed to the directory's or the configuration's.
bool is_refusal(maps::ldap_trouble trouble) {
  return trouble == maps::ldap_trouble::not_group_member || trouble == maps::ldap_trouble::invalid_password ||
         trouble == maps::ldap_trouble::user_not_found || trouble == maps::ldap_trouble::bind_failed;
}

// Directories take line ends for blanks, and blanks around a name for nothing: "joe\n" would be joe.
bool holds_controls(std::string_view login) {
  return std::ranges::any_of(login, [](char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; });
}

password_answer explain(ldap_token_values const& values, maps::ldap_error const& error) {
  auto detail = fmt::format("Authentication failed for {}{}{}: {} ({})", printable(values.login, 256),
                            values.realm.empty() ? "" : "/", printable(values.realm, 256),
                            maps::format_ldap_trouble(error.trouble), static_cast<int>(error.trouble));
  if (!error.detail.empty()) detail += "; " + error.detail;
  using enum password_answer::code;
  return {is_refusal(error.trouble) ? no : unavailable, "", std::move(detail)};
}

/// libldap's packet traces show passwords, so these levels are never switched on.
void set_debug_level(int level) {
  constexpr int packets = 0x02;
  constexpr int encoding = 0x10;
  int const safe = level & ~(packets | encoding);
  ::ldap_set_option(nullptr, LDAP_OPT_DEBUG_LEVEL, &safe);
  ::ber_set_option(nullptr, LBER_OPT_DEBUG_LEVEL, &safe);
}

}  // namespace

ldap_backend::ldap_backend(ldap_options options) : options_(std::move(options)), service_(options_), user_(options_) {
  if (options_.debug != 0) set_debug_level(options_.debug);
}

maps::ldap_result_of<> ldap_backend::bind_service() {
  if (service_.is_bound()) return {};
  auto const bound = service_.bind({.dn = options_.bind_dn,
                                    .password = options_.password,
                                    .id = options_.id,
                                    .authorization_id = options_.authorization_id});
  if (bound || bound.error().trouble != maps::ldap_trouble::bind_failed) return bound;
  return no(maps::ldap_trouble::connect_failed,
            fmt::format("the service's own bind (ldap_bind_dn, ldap_password) was refused: {}", bound.error().detail));
}

maps::ldap_result_of<maps::ldap_entry> ldap_backend::find_entry(ldap_token_values const& values,
                                                                std::string const& attribute) {
  if (auto const bound = bind_service(); !bound) return std::unexpected(bound.error());
  auto const filter = expand_ldap_tokens(options_.filter, values, ldap_place::filter);
  auto found = service_.search({.base = expand_ldap_tokens(options_.search_base, values, ldap_place::dn),
                                .scope = options_.scope,
                                .filter = filter,
                                .attributes = {attribute}});
  if (!found) return std::unexpected(found.error());
  if (found->cut || found->entries.size() > 1) {
    return no(maps::ldap_trouble::user_not_found, fmt::format("Duplicate entries found ({})", printable(filter)));
  }
  if (found->entries.empty() || found->entries.front().dn.empty()) {
    return no(maps::ldap_trouble::user_not_found, fmt::format("Entry not found ({})", printable(filter)));
  }
  return std::move(found->entries.front());
}

maps::ldap_result_of<> ldap_backend::check_group(maps::ldap_connection& asked, ldap_token_values values,
                                                 std::string_view dn) {
  if (!options_.checks_group()) return {};
  values.dn = dn;
  bool member = false;
  std::string group;
  if (options_.group_match == static_cast<int>(ldap_group_match::attribute)) {
    group = expand_ldap_tokens(options_.group_dn, values, ldap_place::dn);
    auto const compared = asked.compare(group, options_.group_attribute, dn);
    if (!compared) return std::unexpected(compared.error());
    member = *compared;
  } else {
    group = expand_ldap_tokens(options_.group_filter, values, ldap_place::filter);
    auto const found = asked.search({.base = expand_ldap_tokens(options_.group_search_base, values, ldap_place::dn),
                                     .scope = options_.group_scope,
                                     .filter = group,
                                     .attributes = {LDAP_NO_ATTRS}});
    if (!found) return std::unexpected(found.error());
    member = !found->entries.empty();
  }
  if (member) return {};
  return no(maps::ldap_trouble::not_group_member, fmt::format("{} is not in {}", printable(dn), printable(group)));
}

maps::ldap_result_of<> ldap_backend::check_bind(password_question const& question, ldap_token_values const& values) {
  auto const entry = find_entry(values, LDAP_NO_ATTRS);
  if (!entry) return std::unexpected(entry.error());
  if (auto const bound = user_.bind({.dn = entry->dn, .password = question.password}); !bound) return bound;
  return check_group(service_, values, entry->dn);
}

maps::ldap_result_of<> ldap_backend::check_custom(password_question const& question, ldap_token_values const& values) {
  auto const entry = find_entry(values, options_.password_attribute);
  if (!entry) return std::unexpected(entry.error());
  auto const& values_there = entry->values_of(options_.password_attribute);
  if (values_there.empty()) {
    return no(maps::ldap_trouble::invalid_password,
              fmt::format("{} has no {} that the service may read", printable(entry->dn), options_.password_attribute));
  }
  bool matches = false;
  for (auto const& stored : values_there) matches = matches_ldap_password(stored, question.password) || matches;
  if (!matches) return no(maps::ldap_trouble::invalid_password);
  return check_group(service_, values, entry->dn);
}

maps::ldap_result_of<> ldap_backend::check_fastbind(password_question const& question,
                                                    ldap_token_values const& values) {
  maps::ldap_identity identity{.password = question.password};
  if (options_.use_sasl) {
    identity.id = question.login;
    if (!question.login.contains('@') && !values.realm.empty()) identity.id += fmt::format("@{}", values.realm);
  } else {
    identity.dn = expand_ldap_tokens(options_.filter, values, ldap_place::dn);
    // Names such as "%u@example.org" (Active Directory) are no DNs, but a login that looks like one would make them so.
    bool const is_dn = options_.filter.contains('=');
    if (identity.dn.empty() || (!is_dn && identity.dn.contains('='))) return no(maps::ldap_trouble::user_not_found);
  }
  if (auto const bound = user_.bind(identity); !bound) return bound;
  if (!options_.checks_group()) return {};
  if (!options_.use_sasl) return check_group(user_, values, identity.dn);
  auto const dn = user_.who_am_i();
  if (!dn) return std::unexpected(dn.error());
  return check_group(user_, values, *dn);
}

maps::ldap_result_of<> ldap_backend::decide(password_question const& question, ldap_token_values const& values) {
  switch (options_.auth_method()) {
    case ldap_auth_method::bind:
      return check_bind(question, values);
    case ldap_auth_method::custom:
      return check_custom(question, values);
    case ldap_auth_method::fastbind:
      return check_fastbind(question, values);
  }
  return no(maps::ldap_trouble::generic);
}

password_answer ldap_backend::check(password_question const& question) {
  ldap_token_values const values{
      .login = question.login,
      .service = question.service,
      .realm = question.realm.empty() ? std::string_view(options_.default_realm) : question.realm};
  if (question.login.empty() || holds_controls(question.login)) {
    return explain(values, {maps::ldap_trouble::user_not_found, "the login name is empty or holds control characters"});
  }
  if (question.password.empty())
    return explain(values, {maps::ldap_trouble::invalid_password, "the password is empty"});
  auto decided = decide(question, values);
  // A connection that idled too long is found out only when it is used.
  if (!decided && decided.error().trouble == maps::ldap_trouble::retry) {
    log::debug("Retrying authentication ({})", decided.error().detail);
    service_.disconnect();
    user_.disconnect();
    decided = decide(question, values);
  }
  if (!decided) return explain(values, decided.error());
  return {password_answer::code::yes, "", ""};
}

result<std::unique_ptr<password_backend>> make_ldap_backend(backend_options const& options) {
  auto const conf =
      saslauthd_conf::load(options.argument.empty() ? std::string(default_saslauthd_conf) : options.argument);
  if (!conf) return std::unexpected(conf.error());
  auto parsed = parse_ldap_options(*conf);
  if (!parsed) return std::unexpected(parsed.error());
  warn_once(conf->warnings());
  warn_once(find_unknown_keys(*conf, "ldap_", is_ldap_key));
  return std::make_unique<ldap_backend>(std::move(*parsed));
}

}  // namespace postern::auth
