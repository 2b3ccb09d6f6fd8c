#pragma once
// Purpose: the values of the macros that filters get, from what a session knows.
// Source: MILTER_README of Postfix: the macros and when they have a value.

#include <optional>
#include <string>
#include <string_view>

#include "net/tls_session.hpp"
#include "policy/address_class.hpp"
#include "receive/milter_settings.hpp"
#include "receive/peer.hpp"
#include "smtp/server_session.hpp"

namespace postern::receive {

/// Where mail to an address goes, as macros tell it.
struct milter_route {
  std::string address, host, mailer;
};

/// All that macros can be about. What is null or empty gives macros without a value.
struct milter_scene {
  milter_settings const* settings = nullptr;
  peer const* client = nullptr;
  smtp::server_session const* protocol = nullptr;
  net::tls_info const* tls = nullptr;
  std::uint64_t connections = 0;  ///< of the client
  std::string host_name;
  std::string queue_id;
  std::optional<milter_route> sender;
  std::optional<milter_route> recipient;
};

std::optional<std::string> find_macro(milter_scene const& scene, std::string_view name);

/// By the class of its domain; transport_maps do not count.
milter_route route_for_macros(policy::resolved_address const& to, milter_settings const& settings,
                              std::string_view host_name);

}  // namespace postern::receive
