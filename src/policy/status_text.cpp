#include "policy/status_text.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace postern::policy {
namespace {

// X.1.Y: its Y where a sender is refused, and where a recipient is.
struct address_row {
  std::string_view detail;
  std::string_view of_sender;
  std::string_view of_recipient;
};
constexpr std::array<address_row, 9> address_details{{
    {"0", "0", "0"},  // other
    {"1", "7", "1"},  // no such mailbox
    {"2", "8", "2"},  // no such system
    {"3", "7", "3"},  // bad syntax
    {"4", "7", "4"},  // ambiguous
    {"5", "0", "5"},  // valid
    {"6", "7", "6"},  // moved
    {"7", "7", "3"},  // sender's syntax
    {"8", "8", "2"},  // sender's system
}};

}  // namespace

std::string_view find_enhanced_status(std::string_view text) {
  if (text.empty() || (text[0] != '2' && text[0] != '4' && text[0] != '5')) return {};
  std::size_t at = 1;
  for (int part = 0; part < 2; ++part) {
    if (at >= text.size() || text[at] != '.') return {};
    auto digits = at + 1;
    while (digits < text.size() && is_ascii_digit(text[digits])) ++digits;
    if (digits == at + 1 || digits > at + 4) return {};
    at = digits;
  }
  if (at < text.size() && !is_ascii_space(text[at])) return {};
  return text.substr(0, at);
}

status_and_text split_status(std::string_view text, std::string_view otherwise) {
  auto status = find_enhanced_status(text);
  text.remove_prefix(status.size());
  while (!text.empty() && is_ascii_space(text.front())) text.remove_prefix(1);
  return {std::string(status.empty() ? otherwise : status), text};
}

std::string fit_status(std::string_view enhanced, std::string_view what) {
  auto klass = enhanced.substr(0, 1);
  if (enhanced.substr(1, 3) != ".1.") return std::string(enhanced);
  bool sender = what == "Sender address";
  if (!sender && what != "Recipient address") return std::string(klass) + ".0.0";
  auto row = std::ranges::find(address_details, enhanced.substr(4), &address_row::detail);
  if (row == address_details.end()) return std::string(klass) + ".1.0";
  return std::string(klass) + ".1." + std::string(sender ? row->of_sender : row->of_recipient);
}

}  // namespace postern::policy
