#include "message/received.hpp"

#include <fmt/format.h>

#include "base/ip.hpp"

namespace postern::message {
namespace {

// Text that a peer chose, inside a comment or a quoted word: nothing that could end either of them.
std::string clean(std::string_view text, std::string_view forbidden) {
  std::string out;
  out.reserve(text.size());
  for (char const c : text) {
    auto const octet = static_cast<unsigned char>(c);
    bool const bad = octet < ' ' || octet == 127 || forbidden.find(c) != std::string_view::npos;
    out += bad ? '?' : c;
  }
  return out;
}

std::string clean_comment(std::string_view text) { return clean(text, "()\\"); }

// The EHLO name stands outside any comment; spaces would part it.
std::string clean_word(std::string_view text) { return clean(text, "()<>;\\\" "); }

std::string format_address_tag(std::string_view address) {
  auto const parsed = ip_address::parse(address);
  if (!parsed) return clean_word(address);
  return parsed->is_v6() ? "IPv6:" + parsed->text() : parsed->text();
}

void append_client(std::string& out, received_fields const& fields) {
  if (fields.anonymize) {
    out += "Received: from [127.0.0.1] (localhost [127.0.0.1])\r\n";
    return;
  }
  auto const helo = fields.helo_name.empty() ? fields.client_name : fields.helo_name;
  fmt::format_to(std::back_inserter(out), "Received: from {} ({} [{}])\r\n", clean_word(helo),
                 clean_word(fields.client_name), format_address_tag(fields.client_address));
}

// " NAME (CURVE)" or " NAME (BITS bits)".
void append_key(std::string& out, std::string_view label, std::string_view name, std::string_view curve, int bits) {
  fmt::format_to(std::back_inserter(out), "{} {}", label, clean_comment(name));
  if (!curve.empty()) {
    fmt::format_to(std::back_inserter(out), " ({})", clean_comment(curve));
  } else if (bits > 0) {
    fmt::format_to(std::back_inserter(out), " ({} bits)", bits);
  }
}

void append_signatures(std::string& out, tls_details const& tls) {
  bool continued = false;
  if (!tls.key_exchange.empty()) {
    out += "\r\n\t";
    append_key(out, " key-exchange", tls.key_exchange, tls.key_exchange_curve, tls.key_exchange_bits);
    continued = true;
  }
  if (!tls.server_signature.empty()) {
    if (!continued) out += "\r\n\t";
    append_key(out, " server-signature", tls.server_signature, tls.server_signature_curve, tls.server_signature_bits);
    if (!tls.server_digest.empty()) out += " server-digest " + tls.server_digest;
  }
  if (!tls.client_signature.empty()) {
    out += "\r\n\t";
    append_key(out, " client-signature", tls.client_signature, tls.client_signature_curve, tls.client_signature_bits);
    if (!tls.client_digest.empty()) out += " client-digest " + tls.client_digest;
  }
}

void append_certificate(std::string& out, tls_details const& tls, bool anonymize) {
  if (tls.client_certificate_present && !anonymize) {
    fmt::format_to(std::back_inserter(out), "\t(Client CN \"{}\", Issuer \"{}\" ({}))\r\n",
                   clean(tls.client_common_name, "()\\\""), clean(tls.client_issuer, "()\\\""),
                   tls.client_certificate_verified ? "verified OK" : "not verified");
  } else if (tls.client_certificate_requested && !tls.client_certificate_present) {
    out += "\t(Client did not present a certificate)\r\n";
  } else if (!tls.client_certificate_requested) {
    out += "\t(No client certificate requested)\r\n";
  }
}

void append_tls(std::string& out, received_fields const& fields) {
  if (!fields.show_tls || fields.tls == nullptr) return;
  auto const& tls = *fields.tls;
  fmt::format_to(std::back_inserter(out), "\t(using {} with cipher {} ({}/{} bits)", tls.protocol, tls.cipher,
                 tls.cipher_bits_used, tls.cipher_bits);
  append_signatures(out, tls);
  out += ")\r\n";
  append_certificate(out, tls, fields.anonymize);
}

}  // namespace

std::string format_with_protocol(bool extended, bool smtputf8, bool tls, bool authenticated) {
  if (!extended) return "SMTP";  // RFC 3848 registers no SMTPS or SMTPA
  std::string name = smtputf8 ? "UTF8SMTP" : "ESMTP";
  if (tls) name += 'S';
  if (authenticated) name += 'A';
  return name;
}

std::string format_received(received_fields const& fields) {
  if (fields.local_user) {
    return fmt::format("Received: by {} ({}, from userid {})\r\n\tid {}; {}\r\n", fields.host_name, fields.mail_name,
                       *fields.local_user, fields.queue_id, fields.date);
  }
  std::string out;
  out.reserve(512);
  append_client(out, fields);
  append_tls(out, fields);
  if (fields.show_user && !fields.authenticated_user.empty()) {
    fmt::format_to(std::back_inserter(out), "\t(Authenticated sender: {})\r\n",
                   clean_comment(fields.authenticated_user));
  }
  auto const protocol =
      format_with_protocol(fields.extended, fields.smtputf8, fields.tls != nullptr, !fields.authenticated_user.empty());
  fmt::format_to(std::back_inserter(out), "\tby {} ({}) with {} id {}", fields.host_name, fields.mail_name, protocol,
                 fields.queue_id);
  if (fields.recipient.empty()) {
    fmt::format_to(std::back_inserter(out), ";\r\n\t{}\r\n", fields.date);
  } else {
    fmt::format_to(std::back_inserter(out), "\r\n\tfor <{}>; {}\r\n", clean(fields.recipient, "<>"), fields.date);
  }
  return out;
}

}  // namespace postern::message
