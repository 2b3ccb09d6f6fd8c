#include "policy/alias_target.hpp"

namespace postern::policy {

accepted_recipient accept_by_configuration(address_resolver const& addresses, std::string_view address,
                                           std::string grounds) {
  return accept_by_configuration(addresses.resolve(address), std::move(grounds));
}

accepted_recipient accept_by_configuration(resolved_address const& to, std::string grounds) {
  if (address_resolver::is_authorized(to.klass) && !to.sender_routed) return {to.address, to.klass, std::nullopt};
  return {to.address, to.klass, relay_permit(std::move(grounds))};
}

}  // namespace postern::policy
