#include "admin/port_probe.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "os/random.hpp"
#include "sasl/client_choice.hpp"

namespace postern::admin {
namespace {

constexpr char const* system_roots = "/etc/ssl/certs";
constexpr char const* stranger = "postern-probe@example.net";

// Looks at everything and lets everything pass: the judgement is ours, not the handshake's.
result<std::shared_ptr<net::tls_context>> make_lenient_context() {
  net::tls_options options;
  options.protocols = ">=TLSv1";
  options.cipher_grade = "low";
  options.ca_path = system_roots;
  options.tickets = false;
  return net::tls_context::make_client(std::move(options));
}

std::string format_endpoint(ip_address const& address, std::uint16_t port) {
  return fmt::format(fmt::runtime(address.is_v6() ? "[{}]:{}" : "{}:{}"), address.text(), port);
}

/// PLAIN or LOGIN where they are offered: it is what most mail programs use.
sasl::mechanism_row const* choose_mechanism(offer const& from, sasl::client_credentials const& credentials) {
  for (std::string_view const name : {"PLAIN", "LOGIN"}) {
    if (from.has(name)) return sasl::find_mechanism(name);
  }
  return sasl::choose_client_mechanism(from.mechanisms, {}, {}, credentials);
}

}  // namespace

port_probe::port_probe(net::event_loop& loop, probe_request const& request, probe_port port,
                       probe_listener const& listener)
    : request_(request),
      port_(port),
      listener_(listener),
      dialogue_(loop, request.step_limit,
                [&listener](bool from_server, std::string_view line) { listener.on_line(from_server, line); }) {}

void port_probe::tell(std::string step, remark said) {
  worst_ = std::max(worst_, said.level);
  listener_.on_step({std::move(step), std::move(said)});
}

void port_probe::tell(std::string const& step, std::vector<remark> const& said) {
  for (auto const& one : said) tell(step, one);
}

bool port_probe::tell_broken(std::string step, net::io_failure const& why) {
  tell(std::move(step), {gravity::problem, "the connection broke: " + why.text,
                         "read the server's log; a firewall in between may have cut it"});
  return false;
}

net::task<> port_probe::run(std::vector<ip_address> addresses) {
  if (!co_await connect(addresses)) co_return;
  co_await converse();
  dialogue_.close();
}

net::task<bool> port_probe::connect(std::vector<ip_address> const& addresses) {
  std::string why;
  for (auto const& address : addresses) {
    auto connected = co_await dialogue_.connect({address, port_.port});
    auto place = format_endpoint(address, port_.port);
    if (connected) {
      reached_ = true;
      on_loopback_ = address.is_loopback();
      listener_.on_port(request_.host, place, port_);
      hello_ = dialogue_.own_literal();
      co_return true;
    }
    why += (why.empty() ? "" : "; ") + place + ": " + connected.error().text;
  }
  listener_.on_port(request_.host, "", port_);
  // Many networks let nobody reach port 25 of others.
  bool only_port = request_.ports.size() == 1;
  auto level = only_port ? gravity::problem : port_.for_users ? gravity::warning : gravity::note;
  tell("connect", {level, "not reachable: " + why,
                   port_.for_users ? "is there a service for it in master.cf, and does a firewall let it through?"
                                   : "many networks let nobody out to port 25: try from another one"});
  co_return false;
}

net::task<> port_probe::converse() {
  if (port_.tls == tls_way::implicit && !co_await shake_hands()) co_return;
  if (!co_await greet()) co_return;
  if (!co_await say_hello("EHLO")) co_return;
  if (port_.tls == tls_way::start_tls) {
    tell("before TLS", judge_clear_offer(offer_, port_));
    if (offer_.start_tls) {
      if (!co_await secure()) co_return;
      if (!co_await say_hello("EHLO under TLS")) co_return;
    }
  }
  tell(dialogue_.tls() != nullptr ? "under TLS" : "in the clear", judge_secure_offer(offer_, port_));
  co_await try_stranger();
  if (port_.for_users && dialogue_.is_open()) co_await try_login();
  if (dialogue_.is_open()) co_await dialogue_.command("QUIT");
}

net::task<bool> port_probe::greet() {
  auto greeting = co_await dialogue_.read_reply();
  if (!greeting) {
    auto hint = port_.tls == tls_way::implicit ? "is this an SMTP server?"
                                               : "a server that waits for TLS says nothing first: try --tls implicit";
    tell("greeting", {gravity::problem, "no greeting: " + greeting.error().text, hint});
    co_return false;
  }
  auto said = judge_greeting(*greeting);
  bool ready = said.level != gravity::problem;
  tell("greeting", std::move(said));
  co_return ready;
}

net::task<bool> port_probe::say_hello(std::string step) {
  auto answer = co_await dialogue_.command("EHLO " + hello_);
  if (!answer) co_return tell_broken(std::move(step), answer.error());
  offer_ = parse_offer(*answer);
  if (offer_.extended) co_return true;
  tell(std::move(step), {gravity::problem, "EHLO is refused: " + answer->text(),
                         "a server without EHLO can neither encrypt nor let users log in"});
  co_return false;
}

net::task<bool> port_probe::secure() {
  auto answer = co_await dialogue_.command("STARTTLS");
  if (!answer) co_return tell_broken("STARTTLS", answer.error());
  if (answer->category() == 2) co_return co_await shake_hands();
  tell("STARTTLS", {gravity::problem, "offered and then refused: " + answer->text(),
                    "the server's certificate or key cannot be used: read its log, or run postern check there"});
  co_return false;
}

net::task<bool> port_probe::shake_hands() {
  auto context = make_lenient_context();
  if (!context) {
    tell("TLS", {gravity::problem, context.error().text, "install the package ca-certificates"});
    co_return false;
  }
  bool clean = true;
  auto shaken = co_await dialogue_.start_tls(*context, request_.host, clean);
  if (!shaken) {
    tell("TLS", {gravity::problem, "the handshake failed: " + shaken.error().text,
                 "read the server's log; a server that speaks first wants STARTTLS: --tls starttls"});
    co_return false;
  }
  auto info = dialogue_.tls()->info();
  tell("TLS", judge_handshake(info, clean));
  auto shown = certificate::of_peer(dialogue_.tls()->native());
  if (!shown) {
    tell("certificate", {gravity::problem, shown.error().text, "the server must show a certificate"});
    co_return true;
  }
  vouched_for_ = info.peer_verified && shown->fits_host(request_.host);
  tell("certificate", judge_peer_certificate(*shown, info, request_.host, std::chrono::system_clock::now()));
  co_return true;
}

net::task<std::optional<relay_attempt>> port_probe::attempt_relay(std::string step, std::string sender) {
  auto mail = co_await dialogue_.command(fmt::format("MAIL FROM:<{}>", sender));
  if (!mail) {
    tell_broken(std::move(step), mail.error());
    co_return std::nullopt;
  }
  relay_attempt out{*mail, std::nullopt};
  if (mail->category() != 2) co_return out;
  auto rcpt = co_await dialogue_.command(fmt::format("RCPT TO:<{}>", request_.recipient));
  if (!rcpt) {
    tell_broken(std::move(step), rcpt.error());
    co_return std::nullopt;
  }
  out.rcpt = *rcpt;
  co_await dialogue_.command("RSET");
  co_return out;
}

net::task<> port_probe::try_stranger() {
  auto attempt = co_await attempt_relay("relay without login", stranger);
  if (attempt) tell("relay without login", judge_stranger_relay(*attempt));
}

std::optional<remark> port_probe::reason_to_withhold_password() const {
  if (!offer_.auth)
    return remark{gravity::note,
                  "not tried: AUTH is not offered" + std::string(dialogue_.tls() != nullptr ? "" : " without TLS"),
                  {}};
  if (on_loopback_ || request_.any_certificate) return std::nullopt;
  if (dialogue_.tls() == nullptr)
    return remark{gravity::problem, "not tried: without TLS everybody on the way could read the password",
                  "let the server offer STARTTLS"};
  if (vouched_for_) return std::nullopt;
  return remark{gravity::warning,
                "not tried: nobody vouches for the certificate, so the password could go to somebody in between",
                "--any-certificate gives it to this server all the same"};
}

sasl::client_credentials port_probe::credentials() const {
  sasl::client_credentials out{request_.user, {}, request_.password};
  out.host = request_.host;
  out.random = os::random_octets;
  out.now = std::chrono::system_clock::now();
  return out;
}

net::task<smtp_dialogue::reply> port_probe::log_in(sasl::mechanism_row const& mechanism) {
  auto client = mechanism.make_client(credentials());
  auto first = client->start();
  auto command = fmt::format("AUTH {}", mechanism.name);
  auto line = command;
  bool has_response = first && *first;
  if (has_response) line += " " + encode_base64((*first)->reveal());
  auto answer = co_await dialogue_.command_in_secret(secret(std::move(line)),
                                                     has_response ? command + " [credentials]" : command);
  while (answer && answer->code == 334) {
    auto challenge = decode_base64(answer->lines.front());
    auto response = challenge ? client->step(*challenge) : fail("a challenge that is not base64");
    if (!response) {
      false_server_ = response.error().text;
      answer = co_await dialogue_.command("*");
      break;
    }
    answer = co_await dialogue_.command_in_secret(secret(encode_base64(response->reveal())), "[credentials]");
  }
  if (answer && answer->code == 235) {
    if (auto proved = client->on_success(); !proved) false_server_ = proved.error().text;
  }
  co_return answer;
}

net::task<> port_probe::try_login() {
  if (request_.user.empty()) co_return tell("login", {gravity::note, "not tried: no --user was given", {}});
  if (auto why = reason_to_withhold_password()) co_return tell("login", *why);
  auto const* mechanism = choose_mechanism(offer_, credentials());
  if (mechanism == nullptr) {
    co_return tell("login",
                   {gravity::note, "not tried: no mechanism for a password is among " + offer_.mechanism_text(), {}});
  }
  auto answer = co_await log_in(*mechanism);
  if (!answer) {
    tell_broken("login", answer.error());
    co_return;
  }
  if (!false_server_.empty()) {
    co_return tell("login", {gravity::problem, "broken off: " + false_server_, "make sure that this is your server"});
  }
  tell("login", judge_login(*answer, mechanism->name));
  login_refused_ = answer->code == 535;
  if (answer->code == 235) co_await try_user();
}

std::string port_probe::user_address() const {
  if (!request_.sender.empty()) return request_.sender;
  if (request_.user.contains('@')) return request_.user;
  auto address = ip_address::parse(request_.host);
  if (!address) return request_.user + "@" + request_.host;
  return fmt::format(fmt::runtime(address->is_v6() ? "{}@[IPv6:{}]" : "{}@[{}]"), request_.user, address->text());
}

net::task<> port_probe::try_user() {
  auto attempt = co_await attempt_relay("relay with login", user_address());
  if (attempt) tell("relay with login", judge_user_relay(*attempt));
}

}  // namespace postern::admin
