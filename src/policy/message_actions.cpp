#include "policy/message_actions.hpp"

#include <algorithm>

namespace postern::policy {
namespace {

void append_new(std::vector<std::string>& to, std::vector<std::string> const& from) {
  for (auto const& one : from) {
    if (std::ranges::find(to, one) == to.end()) to.push_back(one);
  }
}

}  // namespace

void message_actions::merge(message_actions const& later) {
  append_new(prepended_headers, later.prepended_headers);
  append_new(added_recipients, later.added_recipients);
  if (later.hold) hold = later.hold;
  if (later.filter) filter = later.filter;
  if (later.redirect) redirect = later.redirect;
  discard = discard || later.discard;
}

}  // namespace postern::policy
