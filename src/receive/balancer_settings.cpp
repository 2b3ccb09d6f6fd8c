#include "receive/balancer_settings.hpp"

#include <array>

namespace postern::receive {

result<balancer_settings> load_balancer_settings(config::settings const& settings) {
  balancer_settings made;
  auto const protocol = settings.text("smtpd_upstream_proxy_protocol");
  if (!protocol.empty() && protocol != "haproxy") {
    return fail("smtpd_upstream_proxy_protocol = " + protocol + ": want haproxy, or nothing");
  }
  made.expects_proxy_header = !protocol.empty();
  made.timeout = settings.duration("smtpd_upstream_proxy_timeout");
  struct row {
    policy::network_match_list balancer_settings::* list;
    char const* parameter;
  };
  constexpr std::array rows{row{&balancer_settings::proxies, "smtpd_upstream_proxy_hosts"},
                            row{&balancer_settings::xclient_hosts, "smtpd_authorized_xclient_hosts"},
                            row{&balancer_settings::xforward_hosts, "smtpd_authorized_xforward_hosts"}};
  for (auto const& [list, parameter] : rows) {
    auto networks = policy::network_match_list::load(parameter, settings.list(parameter));
    if (!networks) return std::unexpected(networks.error());
    made.*list = std::move(*networks);
  }
  return made;
}

}  // namespace postern::receive
