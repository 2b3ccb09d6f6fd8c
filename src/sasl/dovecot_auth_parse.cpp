#include <limits>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "sasl/dovecot_auth_protocol.hpp"

namespace postern::sasl::dovecot {
namespace {

using fields = std::vector<std::string_view>;

std::optional<std::uint32_t> parse_number(std::string_view digits) {
  auto const number = parse_unsigned(digits);
  if (!number || *number > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

/// Every exchange has an id, and 0 is none.
result<std::uint32_t> parse_id(fields const& line) {
  auto const id = line.size() > 1 ? parse_number(line[1]) : std::nullopt;
  if (!id || *id == 0) return fail("auth protocol: " + printable(line[0], 32) + " without a usable id");
  return *id;
}

struct key_value {
  std::string_view key;
  std::string_view value;
};
key_value split_key(std::string_view field) {
  auto const equals = field.find('=');
  if (equals == std::string_view::npos) return {field, {}};
  return {field.substr(0, equals), field.substr(equals + 1)};
}

result<version_message> parse_version(fields const& line) {
  auto const major = line.size() > 1 ? parse_number(line[1]) : std::nullopt;
  auto const minor = line.size() > 2 ? parse_number(line[2]) : std::nullopt;
  if (!major || !minor) return fail("auth protocol: VERSION is not two numbers");
  return version_message{*major, *minor};
}

result<std::uint32_t> parse_only_number(fields const& line) {
  auto const number = line.size() > 1 ? parse_number(line[1]) : std::nullopt;
  if (!number) return fail("auth protocol: " + printable(line[0], 32) + " without a number");
  return *number;
}

/// For the messages that are one number.
template <class Any, class Message>
result<Any> wrap_number(result<std::uint32_t> const& number) {
  if (!number) return std::unexpected(number.error());
  return Message{*number};
}

// ---- client to server

struct text_parameter {
  std::string_view key;
  std::string auth_request::* member;
};
constexpr text_parameter text_parameters[] = {{"service", &auth_request::service},
                                              {"session", &auth_request::session},
                                              {"lip", &auth_request::local_ip},
                                              {"rip", &auth_request::remote_ip},
                                              {"lport", &auth_request::local_port},
                                              {"rport", &auth_request::remote_port},
                                              {"local_name", &auth_request::local_name},
                                              {"client_id", &auth_request::client_id},
                                              {"tls_protocol", &auth_request::tls_protocol},
                                              {"tls_cipher", &auth_request::tls_cipher},
                                              {"cert_username", &auth_request::cert_username},
                                              {"cert_credential", &auth_request::cert_credential},
                                              {"revoked-since", &auth_request::revoked_since}};

struct word_parameter {
  std::string_view key;
  bool auth_request::* member;
};
constexpr word_parameter word_parameters[] = {{"secured", &auth_request::secured},
                                              {"valid-client-cert", &auth_request::valid_client_cert},
                                              {"no-penalty", &auth_request::no_penalty},
                                              {"nologin", &auth_request::nologin},
                                              {"final-resp-ok", &auth_request::final_resp_ok}};

void set_initial_response(auth_request& request, std::string_view text) {
  request.bare_response = text.empty();
  if (text == "=") text = {};
  auto decoded = decode_base64(text);
  request.invalid_base64 = !decoded;
  if (decoded) request.initial_response.emplace(std::move(*decoded));
}

/// The types that there are; others, and what is no base64, are ignored as unknown parameters are.
void add_binding(auth_request& request, std::string_view type, std::string_view value) {
  bool const known = type == "tls-exporter" || type == "tls-server-end-point" || type == "tls-unique";
  auto data = decode_base64(unescape_field(value));
  if (known && data && !data->empty()) request.bindings.push_back({std::string(type), std::move(*data)});
}

void set_parameter(auth_request& request, std::string_view field) {
  auto const [key, value] = split_key(field);
  if (key.starts_with("cb-")) return add_binding(request, key.substr(3), value);
  for (auto const& [name, member] : text_parameters) {
    if (key == name) request.*member = unescape_field(value);
  }
  // "secured" also comes as "secured=tls".
  for (auto const& [name, member] : word_parameters) {
    if (key == name) request.*member = true;
  }
}

result<client_message> parse_auth(fields const& line) {
  auto const id = parse_id(line);
  if (!id) return std::unexpected(id.error());
  if (line.size() < 3 || line[2].empty()) return fail("auth protocol: AUTH without a mechanism");
  auth_request request;
  request.id = *id;
  request.mechanism = unescape_field(line[2]);
  for (std::size_t i = 3; i < line.size(); ++i) {
    if (!line[i].starts_with("resp=")) {
      set_parameter(request, line[i]);
      continue;
    }
    // Nothing may follow: whatever a peer let slip into the response cannot become a parameter.
    if (i + 1 != line.size()) return fail("auth protocol: AUTH has parameters after resp=");
    set_initial_response(request, line[i].substr(5));
  }
  if (request.service.empty()) return fail("auth protocol: AUTH without service=");
  return request;
}

result<client_message> parse_client_continue(fields const& line) {
  auto const id = parse_id(line);
  if (!id) return std::unexpected(id.error());
  if (line.size() > 3) return fail("auth protocol: CONT has too many fields");
  client_continue message{*id, {}, false};
  auto decoded = decode_base64(line.size() == 3 ? line[2] : std::string_view{});
  message.invalid_base64 = !decoded;
  if (decoded) message.data = secret(std::move(*decoded));
  return message;
}

result<client_message> parse_user_query(fields const& line) {
  auto const id = parse_id(line);
  if (!id) return std::unexpected(id.error());
  if (line.size() < 3 || line[2].empty()) return fail("auth protocol: USER without a name");
  user_query query{*id, unescape_field(line[2]), {}};
  for (std::size_t i = 3; i < line.size(); ++i) {
    if (auto const [key, value] = split_key(line[i]); key == "service") query.service = unescape_field(value);
  }
  return query;
}

result<client_message> parse_certificate_query(fields const& line) {
  auto const id = parse_id(line);
  if (!id) return std::unexpected(id.error());
  if (line.size() < 3 || line[2].empty()) return fail("auth protocol: CERT without a fingerprint");
  certificate_query query{*id, unescape_field(line[2]), {}, {}, {}};
  for (std::size_t i = 3; i < line.size(); ++i) {
    auto const [key, value] = split_key(line[i]);
    if (key == "service") query.service = unescape_field(value);
    if (key == "session") query.session = unescape_field(value);
    if (key == "rip") query.remote_ip = unescape_field(value);
  }
  return query;
}

result<client_message> parse_client_pid(fields const& line) {
  auto const pid = parse_only_number(line);
  if (!pid) return std::unexpected(pid.error());
  if (*pid == 0) return fail("auth protocol: CPID is 0");
  return client_pid{*pid};
}

// ---- server to client

fail_code parse_fail_code(std::string_view word) {
  if (word == "temp_fail") return fail_code::temp_fail;
  if (word == "authz_fail") return fail_code::authz_fail;
  if (word == "user_disabled") return fail_code::user_disabled;
  if (word == "pass_expired") return fail_code::pass_expired;
  if (word == "invalid_base64") return fail_code::invalid_base64;
  return fail_code::none;
}

result<server_message> parse_ok(fields const& line) {
  auto const id = parse_id(line);
  if (!id) return std::unexpected(id.error());
  reply_ok reply{*id, {}, {}, {}};
  for (std::size_t i = 2; i < line.size(); ++i) {
    auto const [key, value] = split_key(line[i]);
    if (key == "user") {
      reply.user = unescape_field(value);
    } else if (key == "resp") {
      reply.final_data = decode_base64(value);
      if (!reply.final_data) return fail("auth protocol: OK with resp= that is no base64");
    } else {
      reply.extra.emplace_back(key, unescape_field(value));
    }
  }
  if (reply.user.empty()) return fail("auth protocol: OK without user=");
  return reply;
}

result<server_message> parse_server_continue(fields const& line) {
  auto const id = parse_id(line);
  if (!id) return std::unexpected(id.error());
  auto decoded = decode_base64(line.size() > 2 ? line[2] : std::string_view{});
  if (!decoded) return fail("auth protocol: CONT that is no base64");
  return reply_continue{*id, std::move(*decoded)};
}

result<server_message> parse_fail(fields const& line) {
  auto const id = parse_id(line);
  if (!id) return std::unexpected(id.error());
  reply_fail reply{*id, {}, {}, fail_code::none};
  for (std::size_t i = 2; i < line.size(); ++i) {
    auto const [key, value] = split_key(line[i]);
    if (key == "user") reply.user = unescape_field(value);
    if (key == "reason") reply.reason = unescape_field(value);
    if (key == "temp") reply.code = fail_code::temp_fail;
    if (key == "code") reply.code = parse_fail_code(value);
  }
  return reply;
}

result<server_message> parse_reply_user(fields const& line) {
  auto const id = parse_id(line);
  if (!id) return std::unexpected(id.error());
  if (line.size() < 3 || line[2].empty()) return fail("auth protocol: USER without a name");
  reply_user reply{*id, unescape_field(line[2]), {}};
  for (std::size_t i = 3; i < line.size(); ++i) {
    auto const [key, value] = split_key(line[i]);
    reply.extra.emplace_back(key, unescape_field(value));
  }
  return reply;
}

result<server_message> parse_revoked(fields const& line) {
  if (line.size() < 2 || line[1].empty()) return fail("auth protocol: REVOKED without a name");
  revoked_notice notice{unescape_field(line[1]), {}};
  if (line.size() > 2) notice.credential = unescape_field(line[2]);
  return notice;
}

result<server_message> parse_mechanism_offer(fields const& line) {
  if (line.size() < 2 || line[1].empty()) return fail("auth protocol: MECH without a name");
  mechanism_offer offer{std::string(line[1]), {}};
  for (std::size_t i = 2; i < line.size(); ++i) offer.properties.emplace_back(line[i]);
  return offer;
}

}  // namespace

result<client_message> parse_client_line(std::string_view line) {
  fields const parts = split_fields(line);
  std::string_view const command = parts[0];
  if (command == "AUTH") return parse_auth(parts);
  if (command == "CONT") return parse_client_continue(parts);
  if (command == "CANCEL") return wrap_number<client_message, client_cancel>(parse_id(parts));
  if (command == "USER") return parse_user_query(parts);
  if (command == "CERT") return parse_certificate_query(parts);
  if (command == "VERSION") return parse_version(parts);
  if (command == "CPID") return parse_client_pid(parts);
  return unknown_message{std::string(command)};
}

result<server_message> parse_server_line(std::string_view line) {
  fields const parts = split_fields(line);
  std::string_view const command = parts[0];
  if (command == "OK") return parse_ok(parts);
  if (command == "CONT") return parse_server_continue(parts);
  if (command == "FAIL") return parse_fail(parts);
  if (command == "USER") return parse_reply_user(parts);
  if (command == "NOTFOUND") return wrap_number<server_message, reply_not_found>(parse_id(parts));
  if (command == "REVOKED") return parse_revoked(parts);
  if (command == "VERSION") return parse_version(parts);
  if (command == "MECH") return parse_mechanism_offer(parts);
  if (command == "SPID") return wrap_number<server_message, server_pid>(parse_only_number(parts));
  if (command == "CUID") return wrap_number<server_message, connection_id>(parse_only_number(parts));
  if (command == "COOKIE") return cookie_message{std::string(parts.size() > 1 ? parts[1] : std::string_view{})};
  if (command == "DONE") return handshake_done{};
  return unknown_message{std::string(command)};
}

}  // namespace postern::sasl::dovecot
