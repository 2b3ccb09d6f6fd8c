#pragma once
// Purpose: whose a sender address is, by smtpd_sender_login_maps, and whether who logged in may use it.
// Source: reject_sender_login_mismatch and its kin in postconf(5).

#include <string>

#include "policy/evaluation.hpp"

namespace postern::policy {

/// Whoever logged in may use `sender` when it is his; senders of nobody by `rule`. Nothing is refused to who did not
/// log in.
outcome check_owner(evaluation& run, std::string const& sender, ownership_rule rule);

/// An address that belongs to somebody is not for who did not log in.
outcome check_not_logged_in(evaluation& run, std::string const& sender);

/// The strictest that the lists ask for.
ownership_rule find_ownership_rule(restriction_lists const& lists);

}  // namespace postern::policy
