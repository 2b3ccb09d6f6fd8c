#pragma once
// Purpose: what is to be done with a message besides delivering it, as access tables, policy servers, header checks and
//          milters say.
// Source: access(5), header_checks(5).

#include <optional>
#include <string>
#include <vector>

namespace postern::policy {

struct message_actions {
  std::vector<std::string> prepended_headers;  ///< "Name: value", the first on top
  std::optional<std::string> hold;             ///< why it waits in the hold queue
  bool discard = false;                        ///< said to be delivered, and thrown away
  std::optional<std::string> filter;           ///< "transport:nexthop"
  std::optional<std::string> redirect;         ///< the one recipient instead of all others
  std::vector<std::string> added_recipients;   ///< BCC

  /// What came later overrides what can be only once; a header or recipient that is there already is not added again.
  void merge(message_actions const& later);
};

}  // namespace postern::policy
