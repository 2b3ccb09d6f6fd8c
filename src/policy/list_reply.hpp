#pragma once
// Purpose: what a client is told that a list in the DNS names: default_rbl_reply and rbl_reply_maps.
// Source: postconf(5).

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "policy/evaluation.hpp"

namespace postern::policy {

inline constexpr std::string_view default_list_reply =
    "$rbl_code Service unavailable; $rbl_class [$rbl_what] blocked using $rbl_domain${rbl_reason?; $rbl_reason}";

struct list_reply_facts {
  client_facts const& client;
  int code = 554;
  std::string_view domain;
  std::string_view reason;
  subject const& about;
  std::string recipient = {};
};
struct list_reply {
  int code = 554;
  std::string text;  ///< may begin with an enhanced status code
};
/// A template that does not come to "4NN text" or "5NN text" is a failure.
result<list_reply> format_list_reply(std::string_view text, list_reply_facts const& facts);

}  // namespace postern::policy
