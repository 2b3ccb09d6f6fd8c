#include "admin/login_rehearsal.hpp"

#include <fmt/format.h>

#include "auth/gss_initiator.hpp"
#include "base/text.hpp"
#include "net/task_scope.hpp"
#include "os/random.hpp"
#include "receive/auth_client.hpp"
#include "receive/auth_place.hpp"
#include "receive/peer.hpp"
#include "sasl/mechanism.hpp"

namespace postern::admin {
namespace {

constexpr auto answer_limit = std::chrono::seconds(40);
constexpr std::size_t binding_octets = 32;  // as of tls-exporter [RFC 9266 §2]

/// Both ends of the TLS channel are here: any octets bind.
std::vector<sasl::channel_binding> make_bindings(bool tls) {
  if (!tls) return {};
  return {{"tls-exporter", os::random_octets(binding_octets)}};
}

std::unique_ptr<sasl::gss_initiator> make_initiator(auth::gss_name const& server) {
  auto made = auth::make_gss_initiator(server);
  return made ? std::move(*made) : nullptr;
}

struct login_play {
  rehearsal_request asked;
  std::unique_ptr<sasl::client_mechanism> client;
  sasl::dovecot::auth_request request;
  rehearsal* out;
};

login_play prepare(rehearsal_request asked, rehearsal& out) {
  login_play play{.asked = std::move(asked), .client = {}, .request = {}, .out = &out};
  auto const& row = *sasl::find_mechanism(play.asked.mechanism);
  auto const bindings = make_bindings(play.asked.tls);
  out.session = receive::make_session_id();
  play.request.mechanism = row.name;
  play.request.service = play.asked.service;
  play.request.session = out.session;
  play.request.remote_ip = play.asked.client_address;
  play.request.local_ip = play.asked.client_address;
  play.request.secured = play.asked.tls;
  play.request.nologin = true;
  play.request.cert_username = play.asked.certificate_user;
  play.request.cert_credential = play.asked.certificate_credential;
  play.request.valid_client_cert = !play.asked.certificate_user.empty();
  // As smtpd: only who was offered to bind may be asked whether somebody hid it.
  bool const plus = row.name.ends_with("-PLUS");
  if (plus) play.request.bindings = bindings;
  play.client = row.make_client({.user = play.asked.user,
                                 .authzid = play.asked.authzid,
                                 .password = play.asked.password,
                                 .service = "smtp",
                                 .host = play.asked.host,
                                 .bindings = plus ? bindings : std::vector<sasl::channel_binding>(),
                                 .plus_offered = plus,
                                 .random = os::random_octets,
                                 .now = std::chrono::system_clock::now(),
                                 .make_gss = [server = play.asked.ticket_for] { return make_initiator(server); }});
  return play;
}

void finish(rehearsal& out, receive::auth_answer const& answer, sasl::client_mechanism& client) {
  using enum rehearsal::outcome;
  if (auto const* yes = std::get_if<receive::auth_success>(&answer)) {
    out.how = accepted;
    out.reply = "235 2.7.0 Authentication successful";
    out.user = yes->user;
    out.credential = yes->credential;
    if (auto const proved = client.on_success(); !proved) {
      out.how = broken;
      out.trouble = proved.error().text;
    }
  } else if (auto const* no = std::get_if<receive::auth_rejected>(&answer)) {
    out.how = no->temporary ? unavailable : refused;
    out.trouble = no->reason;
    auto const text = no->reason.empty() ? std::string("(reason unavailable)") : printable(no->reason, 200);
    out.reply = no->temporary ? "454 4.7.0 Temporary authentication failure: " + text
                              : "535 5.7.8 Error: authentication failed: " + text;
  } else if (auto const* away = std::get_if<receive::auth_unavailable>(&answer)) {
    out.how = unavailable;
    out.trouble = away->why;
    out.reply = "454 4.7.0 Temporary authentication failure: Connection lost to authentication server";
  }
}

net::task<> run_play(receive::auth_client& daemon, login_play play) {
  auto& out = *play.out;
  auto first = play.client->start();
  if (!first) {
    out.trouble = first.error().text;
    co_return;
  }
  play.request.initial_response = std::move(*first);
  std::uint32_t id = 0;
  auto answer = co_await daemon.begin(std::move(play.request), id);
  while (auto const* more = std::get_if<receive::auth_challenge>(&answer)) {
    auto response = play.client->step(more->octets);
    if (!response) {
      daemon.cancel(id);
      out.trouble = response.error().text;
      out.reply = "501 5.7.0 Authentication aborted";
      co_return;
    }
    answer = co_await daemon.proceed(id, std::move(*response));
  }
  finish(out, answer, *play.client);
}

net::task<> run_and_stop(net::event_loop& loop, receive::auth_client& daemon, login_play play) {
  co_await run_play(daemon, std::move(play));
  loop.stop();
}

}  // namespace

rehearsal rehearse_login(config::settings const& service, rehearsal_request request) {
  rehearsal out{.reply = {}, .session = {}, .user = {}, .credential = {}, .trouble = "there was no answer in time"};
  auto place = receive::load_auth_place(service);
  if (!place) {
    out.how = rehearsal::outcome::unavailable;
    out.trouble = place.error().text;
    return out;
  }
  net::event_loop loop;
  receive::auth_client daemon(loop, std::move(*place), answer_limit);
  net::task_scope scope(loop);
  loop.every(rehearsal_limit, [&loop] {
    loop.stop();
    return false;
  });
  scope.spawn(run_and_stop(loop, daemon, prepare(std::move(request), out)), "rehearsal of a login");
  loop.run();
  return out;
}

}  // namespace postern::admin
