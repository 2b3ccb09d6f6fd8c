#include "receive/window_sender.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::receive {
namespace {

enum class ownership : std::uint8_t {
  owned,
  of_others,  ///< the table says so
  unnamed,    ///< it may still be an alias
};

/// Without quotes and extension; empty: of no domain of ours, or it asks to be sent on.
struct own_address {
  std::string user;
  std::string domain;
  bool local = false;
};

own_address resolve(anvil_settings const& how, std::string_view sender) {
  auto to = how.addresses.resolve(sender);
  if (to.klass == policy::address_class::remote || to.sender_routed) return {};
  auto const extension = maps::find_extension(to.local_part, how.extensions);
  to.local_part.resize(to.local_part.size() - extension.size());
  return {lowercase(to.local_part), std::move(to.domain), to.klass == policy::address_class::local};
}

bool owns_by_name(anvil_settings const& how, std::string_view account, std::string_view sender) {
  if (iequals(account, sender)) return true;
  auto const own = resolve(how, sender);
  if (own.user.empty()) return false;
  if (account.find('@') != std::string_view::npos) return iequals(account, own.user + "@" + own.domain);
  // A bare name is a system's or the one domain's user, not everybody's of that name in every domain we host.
  return own.local && iequals(account, own.user);
}

std::expected<ownership, maps::lookup_failure> decide_ownership(anvil_settings const& how, std::string_view account,
                                                                std::string_view sender, maps::answers& known) {
  if (!how.login_trouble.empty()) {
    return std::unexpected(maps::lookup_failure{maps::lookup_trouble::failed, how.login_trouble});
  }
  bool const is_ours = how.addresses.resolve(sender).klass == policy::address_class::local;
  for (auto const& key : maps::address_keys(sender, is_ours, how.extensions)) {
    auto found = key.part ? how.sender_logins.find_part(key.text, known) : how.sender_logins.find(key.text, known);
    if (!found) return std::unexpected(found.error());
    if (!*found) continue;
    bool const named = std::ranges::any_of(split_any((*found)->value, ", \t\r\n"),
                                           [&](auto owner) { return iequals(owner, account); });
    return named ? ownership::owned : ownership::of_others;
  }
  return owns_by_name(how, account, sender) ? ownership::owned : ownership::unnamed;
}

// Nothing: it is an alias of the account.
net::task<std::optional<std::string>> find_alias_objection(anvil_settings const& how, auth_client* users,
                                                           std::string account, std::string sender) {
  auto const own = resolve(how, sender);
  auto const objection =
      fmt::format("{} has a window, but <{}> is not its address (roaming_sender_check, smtpd_sender_login_maps)",
                  printable(account, 128), printable(sender, 320));
  if (users == nullptr || own.user.empty()) co_return objection;
  std::vector<std::string> names{own.user + "@" + own.domain};
  if (own.local) names.push_back(own.user);
  for (auto& name : names) {
    auto const found = co_await users->find_account_of(std::move(name), "smtp");
    if (found.what == user_existence::exists && iequals(found.account, account)) co_return std::nullopt;
    if (found.what == user_existence::unavailable) co_return objection + "; authd does not answer for its aliases";
  }
  co_return objection;
}

}  // namespace

net::task<std::optional<std::string>> find_objection(anvil_settings const& how, std::string account, std::string sender,
                                                     owner_sources ask) {
  if (!how.windows_check_sender) co_return std::nullopt;
  maps::answers known;
  for (;;) {
    auto const said = decide_ownership(how, account, sender, known);
    if (said && *said == ownership::owned) co_return std::nullopt;
    if (said && *said == ownership::of_others) {
      co_return fmt::format("{} has a window, but smtpd_sender_login_maps gives <{}> to others",
                            printable(account, 128), printable(sender, 320));
    }
    if (said) co_return co_await find_alias_objection(how, ask.users, std::move(account), std::move(sender));
    auto wanted = known.take_wanted();
    if (said.error().what == maps::lookup_trouble::failed || !wanted || !ask.ask_table) co_return said.error().text;
    auto told = co_await ask.ask_table(*wanted);
    known.put(std::move(*wanted), std::move(told));
  }
}

}  // namespace postern::receive
