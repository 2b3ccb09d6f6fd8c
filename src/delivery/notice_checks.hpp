#pragma once
// Purpose: header_checks and body_checks of mail that this server itself writes, where internal_mail_filter_classes
//          says so.
// Errors: a table that cannot be asked is a failure; the notice waits. REJECT throws a notice away: nobody is there who
//         could be told.
// Concurrency: belongs to the thread that writes notices, and may block it.
// Source: internal_mail_filter_classes of postconf(5).

#include <memory>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "delivery/notice.hpp"
#include "os/sandbox.hpp"
#include "policy/message_actions.hpp"
#include "rewrite/content_checks.hpp"

namespace postern::delivery {

enum class internal_mail : std::uint8_t {
  bounce,  ///< about mail that was or was not delivered
  notify,  ///< to the postmaster
};

class notice_checks {
 public:
  /// Null when no notice is to be looked at.
  static result<std::shared_ptr<notice_checks const>> load(config::settings const& settings);
  /// Changes the content and notes hold and filter in the envelope; gives what else is to be done with it.
  result<policy::message_actions> apply(internal_mail kind, composed_notice& notice) const;

 private:
  rewrite::content_checks checks_;
  bool bounce_ = false;
  bool notify_ = false;
  std::size_t header_field_limit_ = 102'400;
  std::size_t line_limit_ = 2048;
};

/// Adds what the tables need of the sandbox.
void ask_for_notice_check_tables(config::settings const& settings, os::sandbox_rules& rules);

}  // namespace postern::delivery
