#pragma once
// Purpose: which of Postfix's address classes a recipient's domain is in. [postfix ADDRESS_CLASS_README]
// Errors: a list that names a table of a type that cannot be read yet is a failure at load time.

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "policy/match_list.hpp"

namespace postern::policy {

enum class address_class { local, virtual_alias, virtual_mailbox, relay, remote };
std::string_view format_address_class(address_class klass);

/// A recipient as policy sees it.
struct resolved_address {
  std::string written;     ///< as the client gave it
  std::string address;     ///< completed with myorigin when the client gave no domain
  std::string local_part;  ///< without quotes
  std::string domain;      ///< lower case
  address_class klass = address_class::remote;
  bool sender_routed = false;  ///< the local-part asks for forwarding: user%other@…, other!user@…, "a@b"@…
};

class address_resolver {
 public:
  /// `interfaces`: the addresses of this host's interfaces; with inet_interfaces they judge user@[192.0.2.1].
  static result<address_resolver> load(config::settings const& settings, std::vector<ip_address> const& interfaces);
  /// Tables of the lists that block match nothing here: ask() where a decision can wait.
  resolved_address resolve(std::string_view address) const;
  /// As resolve(); a table that blocks is a question in `known`.
  std::expected<resolved_address, maps::lookup_failure> ask(std::string_view address, maps::answers& known) const;
  /// Some list has a table that resolve() cannot ask.
  bool blocks() const;
  /// The domain is $myorigin.
  bool is_origin(std::string_view domain) const { return domain == myorigin_; }
  /// We are the final destination or a relay for it: what permit_auth_destination and reject_unauth_destination ask.
  static bool is_authorized(address_class klass) { return klass != address_class::remote; }

 private:
  struct list_of_class {
    domain_match_list address_resolver::* list;
    address_class klass;
  };
  resolved_address complete(std::string_view address) const;
  std::optional<address_class> class_of_literal(std::string const& domain) const;
  static std::span<list_of_class const> lists();

  domain_match_list mydestination_;
  domain_match_list virtual_alias_;
  domain_match_list virtual_mailbox_;
  domain_match_list relay_;
  std::vector<ip_address> own_addresses_;
  std::string myorigin_;
  std::string mydomain_;
  bool allow_untrusted_routing_ = false;  ///< even then nothing is forwarded: the local-part is taken as it stands
  bool append_at_myorigin_ = true;
  bool append_dot_mydomain_ = false;
};

}  // namespace postern::policy
