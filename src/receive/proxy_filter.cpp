#include "receive/proxy_filter.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "message/dsn.hpp"
#include "os/listening_socket.hpp"

namespace postern::receive {
namespace {

constexpr std::size_t read_octets = 4096;
smtp::reply const not_taken{451, "4.3.0", "Error: queue file write error"};

smtp::reply to_reply(smtp::server_reply const& said) {
  std::string text;
  for (auto const& line : said.lines) text += (text.empty() ? "" : " ") + line;
  return {said.code, said.status.kind != 0 ? said.status.text() : std::string(), std::move(text)};
}

std::string mail_parameters(smtp::sender const& from, std::vector<std::string> const& features) {
  auto const offers = [&features](std::string_view name) {
    return std::ranges::any_of(features, [name](auto const& one) { return one == name; });
  };
  std::string out;
  if (from.body_given && offers("8BITMIME")) {
    out += from.body == smtp::body_kind::eight_bit_mime ? " BODY=8BITMIME" : " BODY=7BIT";
  }
  if (from.smtputf8 && offers("SMTPUTF8")) out += " SMTPUTF8";
  if (offers("DSN")) {
    if (from.ret != smtp::dsn_return::unset) out += from.ret == smtp::dsn_return::full ? " RET=FULL" : " RET=HDRS";
    if (!from.envelope_id.empty()) out += " ENVID=" + from.envelope_id;
  }
  return out;
}

}  // namespace

result<proxy_settings> load_proxy_settings(config::settings const& settings) {
  proxy_settings out;
  out.name = settings.text("smtpd_proxy_filter");
  out.helo_name = settings.text("smtpd_proxy_ehlo");
  out.timeout = settings.duration("smtpd_proxy_timeout");
  for (auto const& word : settings.list("smtpd_proxy_options")) {
    if (word != "speed_adjust") return fail("smtpd_proxy_options = " + word + ": want speed_adjust");
    out.whole_first = !out.name.empty();
  }
  if (out.name.empty()) return out;
  std::string_view where = out.name;
  if (where.starts_with("unix:")) {
    where.remove_prefix(5);
    out.path =
        where.starts_with('/') ? std::string(where) : settings.text("queue_directory") + "/" + std::string(where);
    return out;
  }
  if (where.starts_with("inet:")) where.remove_prefix(5);
  auto const colon = where.rfind(':');
  auto host = colon == std::string_view::npos ? std::string_view() : where.substr(0, colon);
  auto const port = parse_unsigned(colon == std::string_view::npos ? where : where.substr(colon + 1));
  if (!port || *port == 0 || *port > 65535) return fail("smtpd_proxy_filter = " + out.name + ": want host:port");
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  auto found = os::resolve_host(host.empty() ? "127.0.0.1" : std::string(host));
  if (!found) return fail("smtpd_proxy_filter: " + found.error().text);
  if (found->empty()) return fail("smtpd_proxy_filter = " + out.name + ": the host has no address");
  out.where = {found->front(), static_cast<std::uint16_t>(*port)};
  return out;
}

void ask_for_proxy(proxy_settings const& settings, os::sandbox_rules& rules) {
  if (settings.name.empty() || !settings.path.empty()) return;
  rules.tcp.connect_ports.push_back(settings.where.port);
}

void proxy_filter::break_off(std::string why) {
  if (refusal_) return;
  refusal_ = not_taken;
  trouble_ = fmt::format("proxy filter {}: {}", settings_.name, why);
  stream_.reset();
}

net::task<> proxy_filter::write(std::string_view text) {
  if (!is_open()) co_return;
  auto written = co_await stream_->write(text, settings_.timeout);
  if (!written) break_off(written.error().text);
}

net::task<> proxy_filter::read_reply(int category, std::string_view after) {
  while (is_open()) {
    std::string_view rest = input_;
    auto const outcome = reader_.feed(rest);
    input_.erase(0, input_.size() - rest.size());
    if (outcome == smtp::reply_reader::outcome::malformed) break_off("it does not speak SMTP");
    if (outcome == smtp::reply_reader::outcome::complete) {
      auto const& said = reader_.value();
      if (said.category() == category) co_return;
      // What it refuses the client may know; all else is between the filter and us.
      if (said.category() == 4 || said.category() == 5) {
        refusal_ = to_reply(said);
        co_return;
      }
      break_off(fmt::format("unexpected reply to {}: {}", after, printable(said.text())));
    }
    if (outcome != smtp::reply_reader::outcome::incomplete || !is_open()) co_return;
    char buffer[read_octets];
    auto got = co_await stream_->read_some(buffer, settings_.timeout);
    if (!got) {
      break_off(fmt::format("{} after {}", got.error().text, after));
    } else {
      input_.append(buffer, *got);
    }
  }
}

net::task<> proxy_filter::ask(std::string command, int category) {
  auto const verb = command.substr(0, command.find(' '));
  co_await write(command + "\r\n");
  co_await read_reply(category, verb);
}

net::task<> proxy_filter::introduce() {
  co_await read_reply(2, "connect");
  // A filter that does not greet is no verdict about the message.
  if (refusal_ && trouble_.empty()) {
    auto const said = smtp::format_reply(*refusal_);
    refusal_.reset();
    break_off(std::string(trim(said)));
  }
  co_await ask("EHLO " + settings_.helo_name, 2);
  if (!is_open()) co_return;
  for (auto const& line : reader_.value().lines) features_.push_back(uppercase(line));
}

net::task<> proxy_filter::forward(forwarded_client client) {
  auto const offer = std::ranges::find_if(features_, [](auto const& one) { return one.starts_with("XFORWARD"); });
  if (offer == features_.end()) co_return;
  struct row {
    std::string_view name;
    std::string const& value;
  };
  std::string command = "XFORWARD";
  for (auto const& [name, value] :
       {row{"NAME", client.name}, row{"ADDR", client.address}, row{"PORT", client.port}, row{"PROTO", client.protocol},
        row{"HELO", client.helo}, row{"IDENT", client.ident}, row{"SOURCE", client.source}}) {
    auto const words = split_any(*offer, " ");
    if (std::ranges::find(words, name) == words.end()) continue;
    bool const unknown = value.empty() || value == "unknown";
    command += fmt::format(" {}={}", name, unknown ? "[UNAVAILABLE]" : message::encode_xtext(value));
  }
  co_await ask(std::move(command), 2);
}

net::task<> proxy_filter::begin(forwarded_client client, smtp::transaction const& envelope) {
  auto connected = settings_.path.empty() ? co_await net::connect_tcp(loop_, settings_.where, settings_.timeout)
                                          : co_await net::connect_unix(loop_, settings_.path, settings_.timeout);
  if (!connected) {
    break_off("connect: " + connected.error().text);
    co_return;
  }
  stream_ = std::move(*connected);
  co_await introduce();
  if (is_open()) co_await forward(std::move(client));
  if (is_open()) {
    co_await ask(fmt::format("MAIL FROM:<{}>{}", envelope.from.reverse_path, mail_parameters(envelope.from, features_)),
                 2);
  }
  bool const dsn = std::ranges::find(features_, "DSN") != features_.end();
  for (auto const& to : envelope.recipients) {
    if (!is_open()) co_return;
    auto const original = dsn && !to.original.empty() ? " ORCPT=" + to.original : std::string();
    co_await ask(fmt::format("RCPT TO:<{}>{}", to.forward_path, original), 2);
  }
  if (is_open()) co_await ask("DATA", 3);
}

net::task<> proxy_filter::send(std::span<std::string_view const> content) {
  if (!is_open()) co_return;
  std::vector<std::string_view> pieces;
  std::string wire;
  for (auto const part : content) {
    pieces.clear();
    stuffer_.feed(part, pieces);
    for (auto const piece : pieces) wire += piece;
  }
  co_await write(wire);
}

net::task<smtp::reply> proxy_filter::finish() {
  std::vector<std::string_view> pieces;
  stuffer_.finish(pieces);
  std::string wire;
  for (auto const piece : pieces) wire += piece;
  co_await write(wire);
  co_await read_reply(2, "end of data");
  if (refusal_) co_return *refusal_;
  auto said = to_reply(reader_.value());
  co_await write("QUIT\r\n");
  co_return said;
}

}  // namespace postern::receive
