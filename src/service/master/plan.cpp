#include "service/master/plan.hpp"

#include <algorithm>
#include <thread>

#include "base/text.hpp"
#include "os/listening_socket.hpp"

namespace postern::service::master {
namespace {

using disposition = config::disposition::kind;

/// Where Postfix's guides put Dovecot's auth socket, and where authd listens too.
constexpr char const* shared_socket = "private/auth";

struct protocols {
  bool v4 = false;
  bool v6 = false;
};

result<protocols> decide_protocols(config::settings const& settings, machine const& here) {
  protocols use;
  for (auto const& word : settings.list("inet_protocols")) {
    if (iequals(word, "all")) use = {true, here.has_ipv6};
    if (iequals(word, "ipv4")) use.v4 = true;
    if (iequals(word, "ipv6")) use.v6 = here.has_ipv6;
  }
  if (!use.v4 && !use.v6)
    return fail("inet_protocols = " + settings.text("inet_protocols") +
                (here.has_ipv6 ? " names no protocol: use all, ipv4 or ipv6"
                               : ", but this machine has no IPv6: use ipv4 or all"));
  return use;
}

void add_if_spoken(std::vector<ip_address>& to, ip_address const& address, protocols use) {
  bool spoken = address.is_v6() ? use.v6 : use.v4;
  if (spoken && std::ranges::find(to, address) == to.end()) to.push_back(address);
}

result<> add_host(std::vector<ip_address>& to, std::string host, protocols use, machine const& here) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (auto address = ip_address::parse(host)) {
    add_if_spoken(to, *address, use);
    return {};
  }
  auto found = here.resolve(host);
  if (!found) return std::unexpected(found.error());
  for (auto const& address : *found) add_if_spoken(to, address, use);
  return {};
}

result<std::vector<ip_address>> decide_interfaces(config::settings const& settings, protocols use,
                                                  machine const& here) {
  std::vector<ip_address> addresses;
  for (auto const& word : settings.list("inet_interfaces")) {
    if (iequals(word, "all")) {
      add_if_spoken(addresses, *ip_address::parse("0.0.0.0"), use);
      add_if_spoken(addresses, *ip_address::parse("::"), use);
    } else if (iequals(word, "loopback-only")) {
      add_if_spoken(addresses, *ip_address::parse("127.0.0.1"), use);
      add_if_spoken(addresses, *ip_address::parse("::1"), use);
    } else if (auto added = add_host(addresses, word, use, here); !added) {
      return fail("inet_interfaces: " + added.error().text);
    }
  }
  return addresses;
}

result<> add_inet(service_plan& to, config::service_entry const& entry, config::settings const& settings,
                  machine const& here) {
  auto use = decide_protocols(settings, here);
  if (!use) return std::unexpected(use.error());
  result<std::vector<ip_address>> addresses = std::vector<ip_address>();
  if (entry.host.empty()) {
    addresses = decide_interfaces(settings, *use, here);
  } else if (auto added = add_host(*addresses, entry.host, *use, here); !added) {
    return added;
  }
  if (!addresses) return std::unexpected(addresses.error());
  if (addresses->empty()) return fail("no address is left to listen on: see inet_interfaces and inet_protocols");
  for (auto const& address : *addresses) to.inet.push_back({address, entry.port});
  return {};
}

unsigned decide_processes(privileges const& row, config::service_entry const& entry, machine const& here) {
  if (row.processes != process_count::cores) return 1;
  unsigned cores = std::max(1U, here.cores);
  return entry.maxproc > 0 ? std::min(cores, static_cast<unsigned>(entry.maxproc)) : cores;
}

/// A program whose sockets are fixed serves them under its own name; any further service of it is another socket, which
/// few use, so its process waits until somebody does.
void add_unix(service_plan& to, config::service_entry const& entry) {
  if (entry.command == "pickup") {
    // The local door: whoever has an account on this machine may come to it.
    to.unix_sockets = {"submit/" + entry.name};
    to.on_demand = true;
    return;
  }
  if (entry.name == to.program && !to.row->listens.empty()) {
    to.unix_sockets = to.row->listens;
    to.on_demand = to.row->processes == process_count::asked;
    return;
  }
  to.unix_sockets = {(entry.is_private ? "private/" : "public/") + entry.name};
  to.on_demand = true;
}

result<service_plan> plan_service(config::service_entry const& entry, config::settings const& settings,
                                  machine const& here) {
  service_plan out;
  out.name = entry.name;
  out.type = config::format_service_type(entry.type);
  out.key = out.name + "/" + out.type;
  out.program = entry.who.where;
  out.row = find_privileges(out.program);
  if (out.row == nullptr) return fail("program " + out.program + " has no row in programs/PRIVILEGES");
  out.processes = decide_processes(*out.row, entry, here);
  out.overrides = entry.overrides;
  out.verbose = entry.verbose;
  if (entry.type == config::service_type::inet) {
    if (auto added = add_inet(out, entry, settings, here); !added) return std::unexpected(added.error());
  } else {
    add_unix(out, entry);
  }
  return out;
}

std::string explain_idle(config::service_entry const& entry) {
  auto who = entry.where.text() + ": service " + entry.name + " (" + entry.command + ")";
  if (entry.who.what == disposition::folded) return who + " is not run: " + entry.who.where;
  return who + " is not run: not supported" + (entry.who.where.empty() ? "" : ", " + entry.who.where);
}

bool is_run(config::service_entry const& entry) {
  bool listens = entry.type == config::service_type::inet || entry.type == config::service_type::unix_socket ||
                 entry.type == config::service_type::fifo;
  return entry.who.what == disposition::ours && listens && entry.who.where != "masterd";
}

/// Programs with sockets of their own run whether master.cf names them or not.
void add_missing(plan& to) {
  for (auto const& row : all_privileges()) {
    bool served = std::ranges::any_of(to.services, [&row](service_plan const& one) {
      return one.program == row.program && one.unix_sockets == row.listens;
    });
    if (row.listens.empty() || row.program == "masterd" || served) continue;
    service_plan added;
    added.name = row.program;
    added.type = "unix";
    added.key = added.name + "/" + added.type;
    added.program = row.program;
    added.row = &row;
    added.unix_sockets = row.listens;
    added.on_demand = row.processes == process_count::asked;
    to.services.push_back(std::move(added));
  }
}

/// A Dovecot whose auth socket lies where Postfix's guides put it goes on serving it; our accounts have
/// private/accounts.
void leave_to_others(plan& from, config::settings const& settings, machine const& here) {
  if (!settings.private_dir().empty()) return;
  auto const path = settings.text("queue_directory") + "/" + shared_socket;
  for (auto& service : from.services) {
    auto const found = std::ranges::find(service.unix_sockets, shared_socket);
    if (found == service.unix_sockets.end() || !here.is_anothers_socket(path)) continue;
    service.unix_sockets.erase(found);
    from.notes.push_back(path +
                         " is another program's, Dovecot's for example: who logs in there is asked of it, not of the "
                         "accounts of postern user");
  }
}

}  // namespace

std::string inet_address::text() const {
  auto host = address.text();
  return (address.is_v6() ? "[" + host + "]:" : host + ":") + std::to_string(port);
}

machine this_machine() {
  return {std::thread::hardware_concurrency(), os::has_ipv6(), os::resolve_host,
          [](std::string const& path) { return os::is_anothers_socket(path, socket_mode, "masterd"); }};
}

result<plan> plan_services(config::settings const& settings, config::master_cf const& table, machine const& here) {
  plan out;
  for (auto const& entry : table.services) {
    if (!is_run(entry)) {
      out.notes.push_back(explain_idle(entry));
      continue;
    }
    auto one = plan_service(entry, settings, here);
    if (!one) return fail(entry.where.text() + ": service " + entry.name + ": " + one.error().text);
    out.services.push_back(std::move(*one));
  }
  add_missing(out);
  leave_to_others(out, settings, here);
  return out;
}

}  // namespace postern::service::master
