#include <fmt/format.h>

#include "base/base64.hpp"
#include "sasl/dovecot_auth_protocol.hpp"

namespace postern::sasl::dovecot {
namespace {

/// Appends "\tkey=value", or nothing when the value is empty.
void put(std::string& line, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  line += '\t';
  line += key;
  line += '=';
  line += escape_field(value);
}
void put_word(std::string& line, std::string_view word, bool present) {
  if (!present) return;
  line += '\t';
  line += word;
}
void put_extra(std::string& line, extra_fields const& extra) {
  for (auto const& [key, value] : extra) {
    if (value.empty()) {
      put_word(line, key, true);
    } else {
      put(line, key, value);
    }
  }
}

/// Enough room at once, so that no reallocation leaves a copy of a password behind.
std::string secret_line(std::size_t response_size) {
  std::string line;
  line.reserve(2048 + 2 * response_size);
  return line;
}

void put_secret_base64(std::string& line, secret const& data) {
  std::string text = encode_base64(data.reveal());
  line += text;
  wipe(text);
}

secret format_auth(auth_request const& request) {
  std::string line = secret_line(request.initial_response ? request.initial_response->size() : 0);
  line += fmt::format("AUTH\t{}\t{}", request.id, escape_field(request.mechanism));
  put(line, "service", request.service);
  put_word(line, "nologin", request.nologin);
  put(line, "session", request.session);
  put(line, "lip", request.local_ip);
  put(line, "rip", request.remote_ip);
  put(line, "lport", request.local_port);
  put(line, "rport", request.remote_port);
  put(line, "local_name", request.local_name);
  put(line, "client_id", request.client_id);
  put(line, "tls_protocol", request.tls_protocol);
  put(line, "tls_cipher", request.tls_cipher);
  put_word(line, "secured", request.secured);
  put_word(line, "valid-client-cert", request.valid_client_cert);
  put(line, "cert_username", request.cert_username);
  put(line, "cert_credential", request.cert_credential);
  put(line, "revoked-since", request.revoked_since);
  for (auto const& [type, data] : request.bindings) put(line, "cb-" + type, encode_base64(data));
  put_word(line, "no-penalty", request.no_penalty);
  put_word(line, "final-resp-ok", request.final_resp_ok);
  if (request.initial_response) {
    line += "\tresp=";
    put_secret_base64(line, *request.initial_response);
  }
  line += '\n';
  return secret(std::move(line));
}

struct client_formatter {
  secret operator()(version_message const& m) const {
    return secret(fmt::format("VERSION\t{}\t{}\n", m.major, m.minor));
  }
  secret operator()(client_pid const& m) const { return secret(fmt::format("CPID\t{}\n", m.pid)); }
  secret operator()(auth_request const& m) const { return format_auth(m); }
  secret operator()(client_continue const& m) const {
    std::string line = secret_line(m.data.size());
    line += fmt::format("CONT\t{}\t", m.id);
    put_secret_base64(line, m.data);
    line += '\n';
    return secret(std::move(line));
  }
  secret operator()(client_cancel const& m) const { return secret(fmt::format("CANCEL\t{}\n", m.id)); }
  secret operator()(user_query const& m) const {
    std::string line = fmt::format("USER\t{}\t{}", m.id, escape_field(m.user));
    put(line, "service", m.service);
    line += '\n';
    return secret(std::move(line));
  }
  secret operator()(certificate_query const& m) const {
    std::string line = fmt::format("CERT\t{}\t{}", m.id, escape_field(m.fingerprint));
    put(line, "service", m.service);
    put(line, "session", m.session);
    put(line, "rip", m.remote_ip);
    line += '\n';
    return secret(std::move(line));
  }
  secret operator()(unknown_message const& m) const { return secret(m.command + '\n'); }
};

std::string_view fail_code_word(fail_code code) {
  switch (code) {
    case fail_code::none:
      return "";
    case fail_code::temp_fail:
      return "temp_fail";
    case fail_code::authz_fail:
      return "authz_fail";
    case fail_code::user_disabled:
      return "user_disabled";
    case fail_code::pass_expired:
      return "pass_expired";
    case fail_code::invalid_base64:
      return "invalid_base64";
  }
  return "";
}

struct server_formatter {
  std::string operator()(version_message const& m) const { return fmt::format("VERSION\t{}\t{}\n", m.major, m.minor); }
  std::string operator()(mechanism_offer const& m) const {
    std::string line = "MECH\t" + m.name;
    for (auto const& word : m.properties) put_word(line, word, true);
    return line + '\n';
  }
  std::string operator()(server_pid const& m) const { return fmt::format("SPID\t{}\n", m.pid); }
  std::string operator()(connection_id const& m) const { return fmt::format("CUID\t{}\n", m.id); }
  std::string operator()(cookie_message const& m) const { return "COOKIE\t" + m.hex + '\n'; }
  std::string operator()(handshake_done const&) const { return "DONE\n"; }
  std::string operator()(reply_ok const& m) const {
    std::string line = fmt::format("OK\t{}", m.id);
    put(line, "user", m.user);
    put_extra(line, m.extra);
    if (m.final_data) line += "\tresp=" + encode_base64(*m.final_data);
    return line + '\n';
  }
  std::string operator()(reply_continue const& m) const {
    return fmt::format("CONT\t{}\t{}\n", m.id, encode_base64(m.challenge));
  }
  std::string operator()(reply_fail const& m) const {
    std::string line = fmt::format("FAIL\t{}", m.id);
    put(line, "user", m.user);
    put(line, "reason", m.reason);
    // Postfix and Exim know the bare word only, newer clients the code.
    put_word(line, "temp", m.code == fail_code::temp_fail);
    put(line, "code", fail_code_word(m.code));
    return line + '\n';
  }
  std::string operator()(reply_user const& m) const {
    std::string line = fmt::format("USER\t{}\t{}", m.id, escape_field(m.user));
    put_extra(line, m.extra);
    return line + '\n';
  }
  std::string operator()(reply_not_found const& m) const { return fmt::format("NOTFOUND\t{}\n", m.id); }
  std::string operator()(revoked_notice const& m) const {
    std::string line = "REVOKED\t" + escape_field(m.user);
    if (m.credential) line += '\t' + escape_field(*m.credential);
    return line + '\n';
  }
  std::string operator()(unknown_message const& m) const { return m.command + '\n'; }
};

}  // namespace

secret format_client_line(client_message const& message) { return std::visit(client_formatter{}, message); }
std::string format_server_line(server_message const& message) { return std::visit(server_formatter{}, message); }

}  // namespace postern::sasl::dovecot
