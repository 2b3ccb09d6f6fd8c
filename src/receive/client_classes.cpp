#include "receive/client_classes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"

namespace postern::receive {
namespace {

constexpr std::string_view known_words[] = {"permit_inet_interfaces", "permit_mynetworks",
                                            "permit_mail_access",     "permit_tls_all_clientcerts",
                                            "permit_tls_clientcerts", "permit_sasl_authenticated"};

}  // namespace

result<client_classes> client_classes::load(std::string_view parameter, std::vector<std::string> const& words) {
  client_classes made;
  std::vector<std::string> tables;
  for (auto const& word : words) {
    if (iequals(word, "check_address_map")) continue;
    if (maps::is_table_name(word)) {
      tables.push_back(word);
    } else if (std::ranges::any_of(known_words, [&](auto one) { return iequals(one, word); })) {
      made.words_.push_back(lowercase(word));
    } else {
      return fail(fmt::format("{}: {} is no kind of client", parameter, printable(word)));
    }
  }
  auto loaded = maps::map_list::load(parameter, tables);
  if (!loaded) return std::unexpected(loaded.error());
  made.tables_ = std::move(*loaded);
  return made;
}

bool client_classes::has(client_kind const& client) const {
  auto const is_one = [&client](std::string_view word) {
    if (word == "permit_inet_interfaces") return client.of_this_host;
    if (word == "permit_mynetworks") return client.in_mynetworks;
    if (word == "permit_sasl_authenticated") return client.logged_in;
    return std::ranges::any_of(client.grounds, [word](std::string_view why) {
      return why.starts_with(word) && (why.size() == word.size() || why[word.size()] == ' ');
    });
  };
  if (std::ranges::any_of(words_, is_one)) return true;
  if (tables_.empty()) return false;
  maps::answers known;
  auto found = tables_.find(client.address.text(), known);
  if (found) return found->has_value();
  log::warning("a table of client addresses could not be asked: {}",
               found.error().text.empty() ? "it must be one that is at hand, hash: or cidr:" : found.error().text);
  return false;
}

}  // namespace postern::receive
