#pragma once
// Purpose: the letter to administrator and user that an account's mail is held because of unusual use. Pure.
// Layout: plain text; Auto-Submitted, so that no vacation program answers. [RFC 3834 §5]

#include <functional>
#include <string>
#include <vector>

#include "delivery/notice.hpp"
#include "policy/address_class.hpp"

namespace postern::delivery {

struct account_notice {
  std::string account;
  std::string reason;  ///< what was unusual
  /// True once the letter is in the queue.
  std::function<void(bool)> saved;
};

/// Where a letter goes and of which class its recipient is.
using recipient_classifier = std::function<policy::address_class(std::string_view address)>;

/// To error_notice_recipient and, when it has a mailbox of ours, the account.
composed_notice compose_account_notice(queue_settings const& settings, account_notice const& notice,
                                       recipient_classifier const& class_of, queue::queue_id id, wall_time now);

}  // namespace postern::delivery
