#pragma once
// Purpose: "not an open relay" as a type. A message for a domain that is not ours enters the spool only with a
//          relay_permit, and only policy can make one.
// Security: no public constructor but copy and move; the grounds are kept for the log.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "policy/address_class.hpp"

namespace postern::policy {

class accepted_recipient;
/// policy/local_submission.hpp
accepted_recipient accept_from_local_user(resolved_address const& to, std::uint32_t user);

/// policy/alias_target.hpp
accepted_recipient accept_by_configuration(address_resolver const& addresses, std::string_view address,
                                           std::string grounds);

accepted_recipient accept_by_configuration(resolved_address const& to, std::string grounds);

class relay_permit {
 public:
  /// The restriction that gave it: "permit_sasl_authenticated", "permit_mynetworks" …
  std::string const& grounds() const noexcept { return grounds_; }

 private:
  friend class gate;
  friend relay_permit permit_for_system_mail();
  friend accepted_recipient accept_by_configuration(resolved_address const&, std::string);
  friend accepted_recipient accept_from_local_user(resolved_address const&, std::uint32_t);
  explicit relay_permit(std::string grounds) : grounds_(std::move(grounds)) {}
  std::string grounds_;
};

/// For bounces and notices that this system itself sends to a message's reverse-path.
relay_permit permit_for_system_mail();

/// A recipient that may enter the spool: of a domain that we take mail for, or with a permit.
class accepted_recipient {
 public:
  std::string const& address() const noexcept { return address_; }  ///< completed: always has a domain
  address_class klass() const noexcept { return class_; }
  relay_permit const* permit() const noexcept { return permit_ ? &*permit_ : nullptr; }

 private:
  friend class gate;
  friend accepted_recipient accept_by_configuration(resolved_address const&, std::string);
  friend accepted_recipient accept_from_local_user(resolved_address const&, std::uint32_t);
  accepted_recipient(std::string address, address_class klass, std::optional<relay_permit> permit)
      : address_(std::move(address)), class_(klass), permit_(std::move(permit)) {}
  std::string address_;
  address_class class_;
  std::optional<relay_permit> permit_;
};

}  // namespace postern::policy
