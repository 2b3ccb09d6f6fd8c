#include "admin/probe_verdict.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::admin {
namespace {

bool is_plaintext(std::string_view mechanism) { return mechanism == "PLAIN" || mechanism == "LOGIN"; }

std::string joined(std::vector<std::string> const& words, char const* between) {
  std::string out;
  for (auto const& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

// "535 5.7.8 …": the reply speaks of the credentials and of nothing else.
bool is_wrong_password(smtp::server_reply const& reply) {
  return reply.code == 535 ||
         (reply.category() == 5 && reply.status.kind == 5 && reply.status.subject == 7 && reply.status.detail == 8);
}

bool wants_login(smtp::server_reply const& reply) { return reply.code == 530; }

}  // namespace

bool offer::has(std::string_view mechanism) const {
  return std::ranges::find(mechanisms, mechanism) != mechanisms.end();
}
std::string offer::mechanism_text() const { return joined(mechanisms, " "); }

offer parse_offer(smtp::server_reply const& ehlo) {
  offer out;
  out.extended = ehlo.category() == 2;
  if (!out.extended) return out;
  for (std::size_t i = 1; i < ehlo.lines.size(); ++i) {
    auto words = split_any(ehlo.lines[i], " =");  // "AUTH=PLAIN" is for very old clients
    if (words.empty()) continue;
    if (iequals(words[0], "STARTTLS")) out.start_tls = true;
    if (!iequals(words[0], "AUTH")) continue;
    out.auth = true;
    for (std::size_t w = 1; w < words.size(); ++w) {
      auto name = uppercase(words[w]);
      if (!out.has(name)) out.mechanisms.push_back(std::move(name));
    }
  }
  return out;
}

remark judge_greeting(smtp::server_reply const& greeting) {
  if (greeting.category() == 2) return {gravity::good, greeting.text(), {}};
  if (greeting.code == 554 || greeting.code == 521)
    return {gravity::problem, "the server takes no mail from here: " + greeting.text(),
            "it may be a host without a mail service, or refuse this address: look for a block list in its reply"};
  return {gravity::problem, "the server is not ready: " + greeting.text(), "try again later, or read its log"};
}

std::vector<remark> judge_clear_offer(offer const& made, probe_port const& port) {
  std::vector<remark> out;
  bool plaintext = std::ranges::any_of(made.mechanisms, is_plaintext);
  if (!made.start_tls) {
    out.push_back({port.for_users ? gravity::problem : gravity::warning,
                   "STARTTLS is not offered: everything travels in the clear",
                   "give the server a certificate: smtpd_tls_security_level = may with smtpd_tls_cert_file and "
                   "smtpd_tls_key_file, or smtpd_tls_chain_files"});
  }
  if (made.auth && plaintext) {
    out.push_back(
        {gravity::warning,
         fmt::format("AUTH {} is offered before TLS: passwords can be read on the way", made.mechanism_text()),
         "hide it: smtpd_tls_auth_only = yes"});
  } else if (made.auth) {
    out.push_back({gravity::good, fmt::format("before TLS only AUTH {} is offered", made.mechanism_text()), {}});
  } else if (made.start_tls) {
    out.push_back({gravity::good, "AUTH is hidden before TLS, STARTTLS is offered", {}});
  }
  return out;
}

remark judge_handshake(net::tls_info const& info, bool clean) {
  auto text = fmt::format("{} with {}", info.protocol, info.cipher);
  if (!info.key_exchange.kind.empty()) text += ", key exchange " + info.key_exchange.text();
  if (!clean)
    return {gravity::problem, text + "; the server had sent more behind its answer to STARTTLS",
            "somebody in between may have put it there: compare with the dialogue from another network"};
  if (info.protocol == "TLSv1" || info.protocol == "TLSv1.1" || info.protocol.starts_with("SSL"))
    return {gravity::warning, text + " is outdated", "let the server speak TLS 1.2 and 1.3: smtpd_tls_protocols"};
  return {gravity::good, std::move(text), {}};
}

std::vector<remark> judge_peer_certificate(certificate const& shown, net::tls_info const& info, std::string const& host,
                                           wall_time now) {
  auto until = format_utc(shown.not_after()).substr(0, 10);
  std::vector<remark> out{
      {gravity::good,
       fmt::format("{}, names {}, {}, until {}, issued by {}", shown.subject(), joined(shown.names(), " "),
                   shown.key_text(), until, shown.is_self_signed() ? "itself" : shown.issuer()),
       {}}};
  if (!info.peer_verified) {
    out.push_back(
        {gravity::warning, "nobody whom this machine trusts vouches for the certificate: " + info.verify_error,
         shown.is_self_signed()
             ? "mail programs ask their users about it; a public certificate (Let's Encrypt and others) ends that"
             : "the server must send its whole chain: the certificate first, then those of its issuers"});
  }
  auto judged = judge_certificate(shown, host, now);
  out.insert(out.end(), judged.begin(), judged.end());
  return out;
}

remark judge_secure_offer(offer const& made, probe_port const& port) {
  if (made.auth && made.mechanisms.empty())
    return {gravity::problem, "AUTH is offered without a mechanism",
            "loosen smtpd_sasl_tls_security_options, or give the authentication daemon a mechanism that it permits"};
  if (made.auth) return {gravity::good, "mechanisms: " + made.mechanism_text(), {}};
  if (!port.for_users) return {gravity::good, "no AUTH: users cannot log in here, which suits this port", {}};
  return {gravity::problem, "AUTH is not offered: nobody can log in here",
          "smtpd_sasl_auth_enable = yes for this service, and a running authentication daemon (postern check)"};
}

remark judge_stranger_relay(relay_attempt const& attempt) {
  if (attempt.mail.category() != 2) {
    if (attempt.mail.category() == 4)
      return {gravity::note, "not told: the server puts the sender off: " + attempt.mail.text(), {}};
    return {gravity::good, "refused at MAIL FROM: " + attempt.mail.text(), {}};
  }
  if (!attempt.rcpt) return {gravity::note, "not told: the server did not answer RCPT TO", {}};
  if (attempt.rcpt->category() == 2)
    return {
        gravity::problem, "a stranger may relay to anywhere: " + attempt.rcpt->text(),
        "an open relay is used by spammers within hours: smtpd_relay_restrictions = permit_mynetworks, "
        "permit_sasl_authenticated, reject_unauth_destination. If this machine is in the server's mynetworks, probe "
        "from another network to be sure"};
  if (attempt.rcpt->category() == 4)
    return {gravity::warning, "put off, not refused: " + attempt.rcpt->text(),
            "strangers try again for days: reject_unauth_destination instead of defer_unauth_destination"};
  return {gravity::good, "refused: " + attempt.rcpt->text(), {}};
}

remark judge_login(smtp::server_reply const& reply, std::string_view mechanism) {
  auto text = fmt::format("{}: {}", mechanism, reply.text());
  if (reply.code == 235) return {gravity::good, std::move(text), {}};
  if (is_wrong_password(reply))
    return {gravity::problem, "wrong user name or password: " + text,
            "user names may need their domain (user@example.com); the server's log says which layer refused"};
  if (reply.code == 454 || reply.category() == 4)
    return {gravity::problem, "the server cannot check passwords now: " + text,
            "the password may be right: look whether the authentication daemon runs and its socket can be reached "
            "(postern check)"};
  if (reply.code == 534 || reply.code == 504)
    return {gravity::problem, "the server does not take this mechanism: " + text,
            "let the server offer PLAIN or LOGIN under TLS"};
  if (reply.code == 538 || reply.code == 530)
    return {gravity::problem, "the server wants TLS before a login: " + text, "connect with TLS"};
  if (reply.code == 503)
    return {gravity::problem, "the server takes no login here: " + text,
            "smtpd_sasl_auth_enable = yes for this service"};
  return {gravity::problem, "the login failed: " + text, "read the server's log"};
}

remark judge_user_relay(relay_attempt const& attempt) {
  if (attempt.mail.category() != 2)
    return {gravity::problem, "the sender was refused: " + attempt.mail.text(),
            "give the address that belongs to this login with --from"};
  if (!attempt.rcpt) return {gravity::problem, "the server did not answer RCPT TO", "read the server's log"};
  auto const& rcpt = *attempt.rcpt;
  if (rcpt.category() == 2) return {gravity::good, "accepted: " + rcpt.text(), {}};
  if (rcpt.category() == 4)
    return {gravity::warning, "put off: " + rcpt.text(), "try again later; a greylist should not apply to users"};
  if (wants_login(rcpt) || rcpt.text().contains("elay"))
    return {gravity::problem, "refused although logged in: " + rcpt.text(),
            "permit_sasl_authenticated must stand before reject_unauth_destination in smtpd_relay_restrictions and "
            "smtpd_recipient_restrictions"};
  return {gravity::warning, "the recipient was refused: " + rcpt.text(),
          "that may be about this address only: name another one, on another server, with --to"};
}

}  // namespace postern::admin
