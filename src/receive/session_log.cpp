#include "receive/session_log.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"

namespace postern::receive {
namespace {

std::string_view verb_name(std::size_t index) {
  for (auto const& row : smtp::command_table()) {
    if (static_cast<std::size_t>(row.id) == index) return row.name;
  }
  return "unknown";
}

// "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature RSA-PSS (2048 bits)
// …"
std::string tls_text(net::tls_info const& info) {
  auto out = fmt::format("{} with cipher {} ({}/{} bits)", info.protocol, info.cipher, info.cipher_bits_used,
                         info.cipher_bits_all);
  if (!info.key_exchange.kind.empty()) out += " key-exchange " + info.key_exchange.text();
  if (!info.server_signature.kind.empty()) out += " server-signature " + info.server_signature.text();
  if (!info.server_digest.empty()) out += " server-digest " + info.server_digest;
  if (!info.client_signature.kind.empty()) out += " client-signature " + info.client_signature.text();
  if (!info.client_digest.empty()) out += " client-digest " + info.client_digest;
  return out;
}

}  // namespace

void session_log::connected() const { log::info("connect from {}, session={}", client_.text(), session_id_); }

void session_log::count(smtp::verb verb, bool failed) {
  auto& one = tallies_[static_cast<std::size_t>(verb)];
  ++(failed ? one.bad : one.good);
}

void session_log::disconnected() const {
  std::string text;
  tally all;
  auto put = [&text](std::string_view name, tally const& one) {
    text.append(1, ' ').append(name).append(1, '=').append(std::to_string(one.good));
    if (one.bad > 0) text.append(1, '/').append(std::to_string(one.good + one.bad));
  };
  for (std::size_t i = 0; i < tallies_.size(); ++i) {
    auto const& one = tallies_[i];
    all.good += one.good;
    all.bad += one.bad;
    if (one.good + one.bad > 0) put(lowercase(verb_name(i)), one);
  }
  put("commands", all);
  log::info("disconnect from {}{}, session={}", client_.text(), text, session_id_);
}

void session_log::lost_connection(std::string_view after) const {
  log::info("lost connection after {} from {}, session={}", after, client_.text(), session_id_);
}

void session_log::timed_out(std::string_view after) const {
  log::info("timeout after {} from {}, session={}", after, client_.text(), session_id_);
}

void session_log::tls_established(net::tls_info const& info, bool by_name, int log_level) const {
  if (log_level < 1) return;
  if (by_name && !info.server_name.empty() && !info.chosen_by_name) {
    log::info("TLS SNI {} from {} not matched, using default chain, session={}", info.server_name, client_.text(),
              session_id_);
  }
  if (info.peer_certificate && log_level >= 2) {
    log::info("{}: subject_CN={}, issuer={}, fingerprint={}, pkey_fingerprint={}{}, session={}", client_.text(),
              info.peer_subject_cn, info.peer_issuer_cn, info.peer_fingerprint, info.peer_key_fingerprint,
              info.verify_error.empty() ? "" : ", verification: " + info.verify_error, session_id_);
  }
  auto trust = !info.peer_certificate ? "Anonymous" : info.peer_verified ? "Trusted" : "Untrusted";
  log::info("{} TLS connection established from {}{}{}: {}{}, session={}", trust, client_.text(),
            info.chosen_by_name ? " to " : "", info.chosen_by_name ? info.server_name : "", tls_text(info),
            info.resumed ? ", resumed" : "", session_id_);
}

void session_log::certificate_unusable(net::tls_info const& info, std::string_view why) const {
  log::info("{}: client certificate not used: {}, subject_CN={}, sha256={}, session={}", client_.text(), why,
            info.peer_subject_cn, info.peer_sha256, session_id_);
}

void session_log::tls_refused(std::string_view why, net::tls_info const& info) const {
  if (!info.verify_error.empty()) {
    log::info("certificate verification failed for {}: {}, session={}", client_.text(), info.verify_error, session_id_);
  }
  log::info("NOQUEUE: abort: TLS from {}: {}, session={}", client_.text(), why, session_id_);
}

void session_log::tls_failed(std::string_view why) const {
  log::info("SSL_accept error from {}: {}, session={}", client_.text(), printable(why), session_id_);
}

void session_log::auth_failed(std::string_view mechanism, std::string_view reason, std::string_view user) const {
  log::warning("{}: SASL {} authentication failed: {}{}{}, session={}", client_.text(), printable(mechanism),
               reason.empty() ? "(reason unavailable)" : printable(reason),
               user.empty() ? "" : ", sasl_username=", printable(user), session_id_);
}

void session_log::auth_unavailable(std::string_view mechanism, std::string_view why) const {
  log::warning("{}: SASL {} authentication failed: the authentication daemon cannot be asked: {}, session={}",
               client_.text(), printable(mechanism), printable(why), session_id_);
}

namespace {

std::string format_mail(session_log::mail_line const& line) {
  return fmt::format("from=<{}>{} proto={} helo=<{}>{}", printable(line.from),
                     line.to.empty() ? "" : fmt::format(" to=<{}>", printable(line.to)), line.protocol,
                     printable(line.helo),
                     line.user.empty() ? "" : fmt::format(" sasl_username=<{}>", printable(line.user)));
}

}  // namespace

void session_log::rejected(mail_line const& line, policy::refusal const& why) const {
  log::info("{}: reject: {} from {}: {} {} {}; {}; reason={}: {}, session={}",
            line.queue_id.empty() ? "NOQUEUE" : line.queue_id, line.command, client_.text(), why.code, why.enhanced,
            printable(why.text), format_mail(line), why.restriction, why.explanation, session_id_);
}

void session_log::noted(mail_line const& line, policy::log_note const& note) const {
  log::info("{}: {}: {} from {}: {}; {}, session={}", line.queue_id.empty() ? "NOQUEUE" : line.queue_id, note.kind,
            line.command, client_.text(), printable(note.text), format_mail(line), session_id_);
}

void session_log::accepted(std::string_view queue_id, std::string_view method, std::string_view user,
                           std::string_view origin) const {
  auto const login =
      user.empty() ? std::string() : fmt::format(", sasl_method={}, sasl_username={}", method, printable(user));
  log::info("{}: client={}{}{}, session={}", queue_id, client_.text(), login, origin, session_id_);
}

void session_log::submitted(std::string_view queue_id, std::string_view sender) const {
  log::info("{}: uid={} from=<{}>, session={}", queue_id, client_.local_user.value_or(0), printable(sender),
            session_id_);
}

void session_log::queued(std::string_view queue_id, std::string_view message_id, std::string_view relay_grounds) const {
  log::info("{}: message-id={}{}{}, session={}", queue_id, printable(message_id),
            relay_grounds.empty() ? "" : ", relay=", relay_grounds, session_id_);
}

void session_log::not_queued(std::string_view queue_id, std::string_view why) const {
  log::warning("{}: not accepted: {}, client={}, session={}", queue_id.empty() ? "NOQUEUE" : queue_id, printable(why),
               client_.text(), session_id_);
}

void session_log::note(std::string_view text) const {
  log::info("{}: {}, session={}", client_.text(), printable(text), session_id_);
}

void session_log::show(char direction, std::string_view line) const {
  auto text = fmt::format("{} {}: {}, session={}", direction, client_.text(), line, session_id_);
  if (watched_) log::info("{}", text);
  if (traces_ != nullptr) traces_->show(client_.address, user_, text);
}

void session_log::client_line(std::string_view line, bool is_response) {
  if (!is_dialogue_wanted()) return mask_.pass_over(line);
  show('<', mask_.apply(line, is_response));
}

void session_log::server_text(std::string_view text) const {
  if (!is_dialogue_wanted()) return;
  for (auto line : split(text, '\n')) {
    if (!line.empty()) show('>', printable(trim(line)));
  }
}

}  // namespace postern::receive
