#include "policy/dns_list.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::policy {
namespace {

std::optional<std::uint8_t> parse_octet(std::string_view text) {
  auto value = parse_unsigned(text);
  if (!value || *value > 255) return std::nullopt;
  return static_cast<std::uint8_t>(*value);
}

// "4" or "2..4"
std::optional<std::pair<std::uint8_t, std::uint8_t>> parse_range(std::string_view text) {
  auto dots = text.find("..");
  auto first = parse_octet(text.substr(0, dots));
  auto last = dots == std::string_view::npos ? first : parse_octet(text.substr(dots + 2));
  if (!first || !last || *first > *last) return std::nullopt;
  return std::pair{*first, *last};
}

// One of four; `text` loses it and the dot behind it.
std::string_view take_octet(std::string_view& text) {
  auto end = text.starts_with('[') ? text.find(']') : text.find('.');
  if (text.starts_with('[') && end != std::string_view::npos) ++end;
  auto octet = text.substr(0, end);
  text.remove_prefix(octet.size());
  if (text.starts_with('.')) text.remove_prefix(1);
  return octet;
}

}  // namespace

result<answer_filter> answer_filter::parse(std::string_view text) {
  answer_filter made;
  auto rest = text;
  for (auto& ranges : made.octets_) {
    auto octet = take_octet(rest);
    bool grouped = octet.starts_with('[') && octet.ends_with(']');
    if (grouped) octet = octet.substr(1, octet.size() - 2);
    for (auto one : split(octet, ';')) {
      auto range = !grouped && one.contains('.') ? std::nullopt : parse_range(one);
      if (!range) return fail(fmt::format("'{}' is no filter: want d.d.d.d, each d a number or [n;n..m]", text));
      ranges.push_back(*range);
    }
  }
  if (!rest.empty()) return fail(fmt::format("'{}' is no filter: more than four numbers", text));
  return made;
}

bool answer_filter::matches(ip_address const& answer) const {
  if (answer.is_v6()) return false;
  for (std::size_t i = 0; i < octets_.size(); ++i) {
    auto octet = answer.octets().at(i);
    if (!std::ranges::any_of(octets_.at(i), [&](range one) { return octet >= one.first && octet <= one.second; }))
      return false;
  }
  return true;
}

bool dns_list::counts(ip_address const& answer) const {
  return filters.empty() || std::ranges::any_of(filters, [&](auto const& one) { return one.matches(answer); });
}

result<dns_list> parse_dns_list(std::string_view written) {
  dns_list made;
  auto equals = written.find('=');
  made.domain = lowercase(written.substr(0, equals));
  if (made.domain.empty()) return fail(fmt::format("'{}' names no domain", written));
  if (equals == std::string_view::npos) return made;
  auto filter = answer_filter::parse(written.substr(equals + 1));
  if (!filter) return std::unexpected(filter.error());
  made.filters.push_back(std::move(*filter));
  return made;
}

std::string format_list_query(ip_address const& address, std::string_view domain) {
  std::string out;
  auto const& octets = address.octets();
  std::size_t count = address.is_v6() ? 16 : 4;
  for (std::size_t i = count; i-- > 0;) {
    out += address.is_v6() ? fmt::format("{:x}.{:x}.", octets.at(i) & 15U, octets.at(i) >> 4U)
                           : fmt::format("{}.", octets.at(i));
  }
  return out.append(domain);
}

}  // namespace postern::policy
