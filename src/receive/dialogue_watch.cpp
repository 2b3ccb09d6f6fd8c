#include "receive/dialogue_watch.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::receive {

bool trace_filter::matches(ip_address const& address, std::string_view login_name) const {
  if (client && !client->contains(address)) return false;
  if (user.empty()) return true;
  bool any_domain = !user.contains('@');
  return iequals(any_domain ? login_name.substr(0, login_name.rfind('@')) : login_name, user);
}

result<trace_filter> parse_trace_filter(std::string_view text) {
  trace_filter out;
  for (auto word : split_any(text, " ")) {
    if (word.starts_with("client=")) {
      std::string why;
      out.client = ip_network::parse(word.substr(7), &why);
      if (!out.client) return fail(fmt::format("{} is no address or network: {}", printable(word.substr(7)), why));
    } else if (word.starts_with("user=") && word.size() > 5) {
      out.user = word.substr(5);
    } else {
      return fail(fmt::format("'{}' is neither client=NETWORK nor user=NAME", printable(word)));
    }
  }
  return out;
}

std::string format_trace_filter(trace_filter const& filter) {
  std::string out;
  if (filter.client) out += "client=" + filter.client->text();
  if (!filter.user.empty()) out += (out.empty() ? "user=" : " user=") + filter.user;
  return out;
}

void dialogue_watch::begin(std::uint64_t watch, std::string_view filter) {
  auto parsed = parse_trace_filter(filter);
  if (parsed && watches_.size() < watches_max) watches_[watch] = {std::move(*parsed), 0};
}

void dialogue_watch::give(std::uint64_t id, watched& to, std::string_view line) {
  if (to.lost > 0 && to_(id, fmt::format("({} lines were lost)", to.lost))) to.lost = 0;
  if (to.lost > 0 || !to_(id, line)) ++to.lost;
}

void dialogue_watch::show(ip_address const& address, std::string_view login_name, std::string_view line) {
  for (auto& [id, one] : watches_) {
    if (one.filter.matches(address, login_name)) give(id, one, line);
  }
}

}  // namespace postern::receive
