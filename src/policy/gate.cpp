#include "policy/gate.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::policy {
namespace {

// Networks wider than these hold strangers, whatever main.cf calls them.
constexpr unsigned v4_prefix_min = 8;
constexpr unsigned v6_prefix_min = 16;

bool holds_strangers(ip_network const& network) {
  return network.prefix_bits < (network.address.is_v6() ? v6_prefix_min : v4_prefix_min);
}

std::string client_text(client_facts const& client) { return client.name + "[" + client.address.text() + "]"; }

// What a list's `reject` and `defer` say was rejected, as Postfix words it.
std::string subject_of(std::string_view parameter, client_facts const& client, resolved_address const* to) {
  if (parameter == "smtpd_client_restrictions") return "<" + client_text(client) + ">: Client host rejected";
  if (parameter == "smtpd_helo_restrictions") return "<" + client.helo + ">: Helo command rejected";
  if (parameter == "smtpd_sender_restrictions") return "<" + client.sender + ">: Sender address rejected";
  if (parameter == "smtpd_data_restrictions") return "<DATA>: Data command rejected";
  return "<" + (to == nullptr ? std::string() : to->address) + ">: Recipient address rejected";
}

refusal misconfigured(restriction const& one, restriction_list const& list) {
  return {451, "4.3.5", "Server configuration error", list.parameter() + ": " + one.name,
          fmt::format("restriction '{}' in {} is not supported; see postern check", one.name, list.parameter())};
}

}  // namespace

relay_permit permit_for_system_mail() { return relay_permit("system mail"); }

result<gate> gate::load(config::settings const& settings, std::vector<ip_address> const& interfaces) {
  gate made;
  auto addresses = address_resolver::load(settings, interfaces);
  if (!addresses) return std::unexpected(addresses.error());
  made.addresses_ = std::move(*addresses);
  auto networks = network_match_list::load("mynetworks", settings.list("mynetworks"));
  if (!networks) return std::unexpected(networks.error());
  made.mynetworks_ = std::move(*networks);
  struct row {
    restriction_list gate::* list;
    char const* parameter;
  };
  for (auto [list, parameter] :
       {row{&gate::client_, "smtpd_client_restrictions"}, row{&gate::helo_, "smtpd_helo_restrictions"},
        row{&gate::sender_, "smtpd_sender_restrictions"}, row{&gate::relay_, "smtpd_relay_restrictions"},
        row{&gate::recipient_, "smtpd_recipient_restrictions"}, row{&gate::data_, "smtpd_data_restrictions"}}) {
    made.*list = restriction_list::parse(parameter, settings.list(parameter));
  }
  // compatibility_level 0 makes the default empty, which Postfix then refuses to run with. Who wrote nothing gets the
  // rule of every later level instead (docs/postfix-differences.md); who wrote an empty list is still refused below.
  if (!settings.is_set("smtpd_relay_restrictions") && made.relay_.restrictions().empty()) {
    made.relay_ = restriction_list::parse(
        "smtpd_relay_restrictions", {"permit_mynetworks", "permit_sasl_authenticated", "defer_unauth_destination"});
  }
  if (!stops_strangers(made.relay_.restrictions()) && !stops_strangers(made.recipient_.restrictions())) {
    return fail(
        "in parameter smtpd_relay_restrictions or smtpd_recipient_restrictions, specify at least one working instance "
        "of: reject_unauth_destination, defer_unauth_destination, reject, defer; without one this server would be an "
        "open relay, so it does not run");
  }
  made.relay_first_ = settings.boolean("smtpd_relay_before_recipient_restrictions");
  made.relay_domains_reject_code_ = static_cast<int>(settings.integer("relay_domains_reject_code"));
  made.reject_code_ = static_cast<int>(settings.integer("reject_code"));
  made.defer_code_ = static_cast<int>(settings.integer("defer_code"));
  return made;
}

std::vector<std::string> gate::problems() const {
  std::vector<std::string> out;
  for (auto const* list : {&client_, &helo_, &sender_, &relay_, &recipient_, &data_}) {
    out.insert(out.end(), list->problems().begin(), list->problems().end());
  }
  for (auto const& network : mynetworks_.positive_networks()) {
    if (holds_strangers(network)) {
      out.push_back(
          fmt::format("mynetworks: {} holds strangers; permit_mynetworks does not let it relay. Name your own networks",
                      network.text()));
    }
  }
  return out;
}

std::optional<std::string> gate::network_grounds(ip_address const& address) const {
  auto const* network = mynetworks_.find(address);
  if (network == nullptr || holds_strangers(*network)) return std::nullopt;
  return "permit_mynetworks (" + network->text() + ")";
}

refusal gate::relay_denied(resolved_address const& to, restriction_list const& list, restriction const& by,
                           int code) const {
  std::string why =
      to.sender_routed && to.klass != address_class::remote
          ? fmt::format("the local-part '{}' asks for forwarding elsewhere", printable(to.local_part))
          : fmt::format("{} is not in mydestination, virtual_mailbox_domains or relay_domains", printable(to.domain));
  return {code, code < 500 ? "4.7.1" : "5.7.1", fmt::format("<{}>: Relay access denied", to.address),
          list.parameter() + ": " + by.name,
          why + ", and the client neither logged in nor is in mynetworks; a user of yours must log in to send"};
}

gate::outcome gate::evaluate_one(restriction const& one, restriction_list const& list, client_facts const& client,
                                 resolved_address const* to, progress& state) const {
  auto refuse = [&](refusal why) {
    state.why = std::move(why);
    return outcome::refused;
  };
  auto plain = [&](int code, char const* enhanced, char const* text) {
    return refuse({code, enhanced, subject_of(list.parameter(), client, to) + ": " + text,
                   list.parameter() + ": " + one.name, "the list says so without a condition"});
  };
  bool authorized = to != nullptr && address_resolver::is_authorized(to->klass) && !to->sender_routed;
  switch (one.kind) {
    case restriction_kind::permit:
      return outcome::permitted;
    case restriction_kind::reject:
      return plain(reject_code_, "5.7.1", "Access denied");
    case restriction_kind::defer:
      return plain(defer_code_, "4.3.2", "Try again later");
    case restriction_kind::permit_mynetworks: {
      auto grounds = network_grounds(client.address);
      if (!grounds) return outcome::none;
      state.relay_grounds = std::move(grounds);
      return outcome::permitted;
    }
    case restriction_kind::permit_sasl_authenticated:
      if (client.sasl_user.empty()) return outcome::none;
      state.relay_grounds = one.name;
      return outcome::permitted;
    case restriction_kind::permit_auth_destination:
      return authorized ? outcome::permitted : outcome::none;
    case restriction_kind::reject_unauth_destination:
      return authorized || to == nullptr ? outcome::none
                                         : refuse(relay_denied(*to, list, one, relay_domains_reject_code_));
    case restriction_kind::defer_unauth_destination:
      return authorized || to == nullptr ? outcome::none : refuse(relay_denied(*to, list, one, 454));
    case restriction_kind::reject_plaintext_session:
      if (client.tls) return outcome::none;
      return refuse({450, "4.7.1", "Session encryption is required", list.parameter() + ": " + one.name,
                     "the client did not start TLS"});
    case restriction_kind::unknown:
      return refuse(misconfigured(one, list));
  }
  return refuse(misconfigured(one, list));
}

gate::outcome gate::evaluate(restriction_list const& list, client_facts const& client, resolved_address const* to,
                             progress& state) const {
  for (auto const& one : list.restrictions()) {
    auto said = evaluate_one(one, list, client, to, state);
    if (said != outcome::none) return said;
  }
  return outcome::none;
}

bool gate::evaluate_lists(std::vector<restriction_list const*> const& lists, client_facts const& client,
                          resolved_address const* to, progress& state) const {
  return std::ranges::none_of(lists,
                              [&](auto const* list) { return evaluate(*list, client, to, state) == outcome::refused; });
}

std::expected<accepted_recipient, refusal> gate::decide_recipient(client_facts const& client,
                                                                  std::string_view recipient) const {
  auto to = addresses_.resolve(recipient);
  progress state;
  if (!evaluate_lists({&client_, &helo_, &sender_}, client, &to, state)) return std::unexpected(*state.why);
  // Only the relay and recipient lists speak about relaying: a permit from a client list is no ground for it.
  state.relay_grounds.reset();
  std::vector<restriction_list const*> lists{&relay_, &recipient_};
  if (!relay_first_) std::swap(lists[0], lists[1]);
  if (!evaluate_lists(lists, client, &to, state)) return std::unexpected(*state.why);
  bool ours = address_resolver::is_authorized(to.klass);
  if (ours && (!to.sender_routed || state.relay_grounds)) return accepted_recipient(to.address, to.klass, std::nullopt);
  if (!state.relay_grounds) {
    return std::unexpected(relay_denied(to, relay_, {restriction_kind::permit, "no restriction gave a ground to relay"},
                                        relay_domains_reject_code_));
  }
  return accepted_recipient(to.address, to.klass, relay_permit(*state.relay_grounds));
}

std::optional<refusal> gate::decide_data(client_facts const& client) const {
  progress state;
  if (evaluate_lists({&data_}, client, nullptr, state)) return std::nullopt;
  return state.why;
}

}  // namespace postern::policy
