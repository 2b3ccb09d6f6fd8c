#include "policy/local_submission.hpp"

namespace postern::policy {

accepted_recipient accept_from_local_user(resolved_address const& to, std::uint32_t user) {
  if (address_resolver::is_authorized(to.klass) && !to.sender_routed) return {to.address, to.klass, std::nullopt};
  return {to.address, to.klass, relay_permit("local submission, uid " + std::to_string(user))};
}

}  // namespace postern::policy
