#include "policy/list_reply.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "policy/reply_template.hpp"

namespace postern::policy {
namespace {

std::optional<std::string> find_attribute(std::string_view name, list_reply_facts const& facts) {
  auto const& client = facts.client;
  if (name == "rbl_code") return std::to_string(facts.code);
  if (name == "rbl_domain") return std::string(facts.domain);
  if (name == "rbl_reason" || name == "rbl_txt") return std::string(facts.reason);
  if (name == "rbl_what") return facts.about.name;
  if (name == "rbl_class") return std::string(facts.about.what);
  if (name == "client") return client.text();
  if (name == "client_address") return client.address.text();
  if (name == "client_name") return client.name;
  if (name == "client_port") return std::to_string(client.port);
  if (name == "reverse_client_name") return client.reverse_name;
  if (name == "helo_name") return client.helo.value_or("");
  if (name == "sender") return client.sender.value_or("");
  if (name == "sender_name" || name == "sender_domain") {
    auto sender = client.sender.value_or("");
    auto at = std::min(sender.rfind('@'), sender.size());
    return name == "sender_name" ? sender.substr(0, at) : sender.substr(std::min(at + 1, sender.size()));
  }
  if (name == "recipient") return facts.recipient;
  if (name == "recipient_name" || name == "recipient_domain") {
    auto at = std::min(facts.recipient.rfind('@'), facts.recipient.size());
    return name == "recipient_name" ? facts.recipient.substr(0, at)
                                    : facts.recipient.substr(std::min(at + 1, facts.recipient.size()));
  }
  return std::nullopt;
}

}  // namespace

result<list_reply> format_list_reply(std::string_view text, list_reply_facts const& facts) {
  std::string allowed = "\t";
  for (char c = ' '; c <= '~'; ++c) allowed += c;
  auto expanded = expand_reply(text, [&](std::string_view name) { return find_attribute(name, facts); }, allowed);
  if (!expanded) return std::unexpected(expanded.error());
  auto code = parse_unsigned(std::string_view(*expanded).substr(0, 3));
  bool fits = code && *code >= 400 && *code <= 599 && expanded->size() > 4 && is_ascii_space((*expanded)[3]);
  if (!fits) return fail(fmt::format("'{}': '{}' does not begin with a code 4NN or 5NN", text, *expanded));
  return list_reply{static_cast<int>(*code), std::string(trim(expanded->substr(4)))};
}

}  // namespace postern::policy
