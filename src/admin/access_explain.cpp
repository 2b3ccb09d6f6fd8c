#include "admin/access_explain.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/master_cf.hpp"
#include "ipc/anvil_client.hpp"
#include "maps/table.hpp"
#include "net/resolver.hpp"
#include "net/task_scope.hpp"
#include "os/interfaces.hpp"
#include "policy/gate.hpp"
#include "receive/auth_client.hpp"
#include "receive/policy_services.hpp"
#include "receive/policy_sources.hpp"
#include "receive/verify_client.hpp"
#include "receive/window_sender.hpp"

namespace postern::admin {
namespace {

constexpr auto patience = std::chrono::seconds(30);

struct chosen_service {
  config::settings settings;
  std::string place;
};

/// Who logs in comes to a service that offers it; the others to the first.
result<chosen_service> choose_service(config::settings const& server, access_request const& request) {
  auto all = config::load_master_cf(server.config_dir() + "/master.cf", server);
  if (!all) return std::unexpected(all.error());
  std::optional<chosen_service> first;
  for (auto const& entry : all->services) {
    if (!entry.is_smtp_server()) continue;
    if (!request.at.empty() && entry.name != request.at && std::to_string(entry.port) != request.at) continue;
    chosen_service one{server.with(entry.overrides), fmt::format("{} ({})", entry.name, entry.where.text())};
    bool suits = request.login.empty() || one.settings.boolean("smtpd_sasl_auth_enable");
    if (suits || !request.at.empty()) return one;
    if (!first) first = std::move(one);
  }
  if (first) return std::move(*first);
  return fail(request.at.empty() ? "master.cf has no smtpd service"
                                 : "master.cf has no smtpd service " + printable(request.at, 64));
}

/// "AB:CD:…", by whatever digest.
bool is_fingerprint(std::string_view text) {
  auto const pairs = split(text, ':');
  constexpr std::size_t octets_min = 16;  // MD5
  return pairs.size() >= octets_min && std::ranges::all_of(pairs, [](std::string_view pair) {
           return pair.size() == 2 && pair.find_first_not_of("0123456789ABCDEF") == std::string_view::npos;
         });
}

result<policy::client_facts> make_facts(access_request const& request) {
  policy::client_facts out;
  auto address = ip_address::parse(request.client);
  if (!address) return fail(fmt::format("'{}' is no IP address", printable(request.client, 64)));
  out.address = *address;
  if (!request.helo.empty()) out.helo = request.helo;
  out.sender = request.sender;
  out.sasl_user = request.login;
  if (!request.login.empty()) out.sasl_method = "PLAIN";
  bool tls = request.tls || !request.fingerprint.empty();
  if (tls) out.tls = policy::tls_facts{.protocol = "TLSv1.3"};
  if (!request.fingerprint.empty()) {
    auto const fingerprint = uppercase(request.fingerprint);
    if (!is_fingerprint(fingerprint)) {
      return fail(fmt::format("'{}' is no fingerprint: pairs of hexadecimal digits with colons between them",
                              printable(request.fingerprint, 200)));
    }
    out.tls->certificate = policy::certificate_facts{
        .fingerprint = fingerprint, .key_fingerprint = fingerprint, .trusted = request.trusted};
  }
  out.wants_trace = true;
  out.when = std::chrono::system_clock::now();
  return out;
}

/// Asks what smtpd would ask, in the same order, and waits.
class blocking_asker {
 public:
  blocking_asker(net::event_loop& loop, config::settings const& service, net::resolver_options resolver,
                 receive::anvil_settings limits)
      : resolver_(loop, std::move(resolver)),
        servers_(loop, &resolver_, service.text("queue_directory"), 1),
        users_(loop, service.text("queue_directory") + "/private/accounts", patience),
        recipient_delimiter_(service.text("recipient_delimiter")),
        limits_(std::move(limits)),
        anvil_socket_(service.text("queue_directory") + "/public/anvil-admin"),
        probes_(loop, service.text("queue_directory") + "/private/verify") {}

  net::task<> look_up_names(policy::client_facts* client) {
    auto found = co_await receive::find_client_names(&resolver_, client->address);
    client->name = found.name;
    client->status = found.status;
    client->reverse_name = found.reverse_name;
    client->reverse_status = found.reverse_status;
  }

  net::task<> fetch(policy::question asked, policy::answers* into) {
    if (auto* table = std::get_if<maps::question>(&asked)) {
      into->put(*table, ask_table(*table));
    } else if (auto* name = std::get_if<policy::dns_question>(&asked)) {
      auto told = co_await receive::ask_dns(&resolver_, *name);
      into->put(*name, std::move(told));
    } else if (auto* service = std::get_if<policy::service_question>(&asked)) {
      auto told = co_await servers_.ask(*service);
      into->put(*service, std::move(told));
    } else if (auto* account = std::get_if<policy::account_question>(&asked)) {
      auto told = co_await receive::find_account(&users_, recipient_delimiter_, account->address);
      into->put(*account, told);
    } else if (auto* probe = std::get_if<policy::probe_question>(&asked)) {
      auto told = co_await receive::ask_probe(&probes_, *probe);
      into->put(*probe, std::move(told));
    } else if (auto* pause = std::get_if<policy::pause_question>(&asked)) {
      into->put(*pause, {});
    } else if (auto* window = std::get_if<policy::mail_access_question>(&asked)) {
      auto told = co_await find_window(*window);
      into->put(*window, std::move(told));
    }
  }

 private:
  static maps::answer ask_table(maps::question const& asked) {
    auto opened = maps::open_table(asked.table);
    if (!opened) return std::unexpected(opened.error());
    return (*opened)->find(asked.key);
  }

  static net::task<maps::answer> ask_table_at_once(maps::question asked) { co_return ask_table(asked); }

  // As smtpd does, but that no window is used.
  net::task<policy::mail_access_answer> find_window(policy::mail_access_question asked) {
    auto const answer = ipc::ask_anvil(anvil_socket_, ipc::window_query{asked.address});
    if (!answer) co_return policy::mail_access_answer{{}, answer.error().text};
    auto const* const found = std::get_if<ipc::window_list>(&*answer);
    policy::mail_access_answer out{{}, std::string(receive::nobody_read_mail)};
    for (auto const& one : found == nullptr ? std::vector<ipc::roaming_window>() : found->windows) {
      auto why = co_await receive::find_objection(limits_, one.account, asked.sender, {ask_table_at_once, &users_});
      if (!why) co_return policy::mail_access_answer{one.account, {}};
      out.explanation = std::move(*why);
    }
    co_return out;
  }

  net::resolver resolver_;
  receive::policy_services servers_;
  receive::auth_client users_;
  std::string recipient_delimiter_;
  receive::anvil_settings limits_;
  std::string anvil_socket_;
  receive::verify_client probes_;
};

net::task<> decide(blocking_asker* asker, policy::gate const* gate, access_request const* request,
                   access_report* report) {
  if (request->name.empty()) {
    co_await asker->look_up_names(&report->client);
  } else {
    report->client.name = report->client.reverse_name = request->name;
    report->client.status = report->client.reverse_status = policy::name_status::ok;
  }
  policy::answers known;
  for (;;) {
    auto said = gate->decide_recipient(report->client, request->recipient, known);
    if (!said) {
      co_await asker->fetch(std::move(said.error()), &known);
      continue;
    }
    if (said->accepted && said->accepted->permit() != nullptr) report->grounds = said->accepted->permit()->grounds();
    report->made = std::move(*said);
    co_return;
  }
}

// The loop ends with its last work.
net::task<> decide_and_stop(net::event_loop* loop, blocking_asker* asker, policy::gate const* gate,
                            access_request const* request, access_report* report) {
  co_await decide(asker, gate, request, report);
  loop->stop();
}

}  // namespace

result<access_report> explain_access(config::load_request const& server, access_request const& request) {
  auto settings = config::settings::load(server);
  if (!settings) return std::unexpected(settings.error());
  auto service = choose_service(*settings, request);
  if (!service) return std::unexpected(service.error());
  auto const interfaces = os::interface_addresses();
  auto gate = policy::gate::load(service->settings, interfaces);
  if (!gate) return std::unexpected(gate.error());
  auto limits = receive::load_anvil_settings(service->settings, interfaces);
  if (!limits) return std::unexpected(limits.error());
  auto facts = make_facts(request);
  if (!facts) return std::unexpected(facts.error());
  auto resolver = net::load_resolver_options(service->settings.list("resolver_address"));
  if (!resolver) return std::unexpected(resolver.error());
  access_report report{service->place, std::move(*facts), {}, {}};
  net::event_loop loop;
  blocking_asker asker(loop, service->settings, std::move(*resolver), std::move(*limits));
  net::task_scope scope(loop);
  scope.spawn(decide_and_stop(&loop, &asker, &*gate, &request, &report), "access explain");
  loop.run();
  return report;
}

}  // namespace postern::admin
