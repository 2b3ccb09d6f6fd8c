#include "sasl/scram_message.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"

namespace postern::sasl {
namespace {

std::unexpected<scram_fault> fault(scram_fault text) { return std::unexpected(text); }

/// The text up to the next comma; takes the comma too.
std::string_view take_field(std::string_view& rest) {
  auto const end = rest.find(',');
  auto const field = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return field;
}

/// "x=value" without "x="; false when it is something else.
bool take_attribute(std::string_view& rest, std::string_view name, std::string_view& value) {
  if (!rest.starts_with(name)) return false;
  value = take_field(rest).substr(name.size());
  return true;
}

/// What may stand behind the attributes that everybody knows: "extensions" [RFC 5802 §7].
bool are_extensions(std::string_view text, std::string_view rest) {
  if (rest.empty()) return !text.ends_with(',');
  while (!rest.empty()) {
    auto const field = take_field(rest);
    if (field.size() < 3 || !is_ascii_alpha(field[0]) || field[1] != '=') return false;
  }
  return !text.ends_with(',');
}

// printable [RFC 5802 §7]
bool is_nonce_character(char c) { return c > ' ' && c <= '~' && c != ','; }
bool is_nonce(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_nonce_character); }

// cb-name [RFC 5802 §7]
bool is_binding_type(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return is_ascii_alnum(c) || c == '.' || c == '-'; });
}

// gs2-cbind-flag [RFC 5802 §7]
bool parse_flag(std::string_view field, scram_client_first& out) {
  if (field == "n") {
    out.flag = scram_binding_flag::none;
  } else if (field == "y") {
    out.flag = scram_binding_flag::not_offered;
  } else if (field.starts_with("p=") && is_binding_type(field.substr(2))) {
    out.flag = scram_binding_flag::used;
    out.binding_type = field.substr(2);
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::string format_saslname(std::string_view name) {
  std::string out;
  for (char const c : name) {
    if (c == ',') {
      out += "=2C";
    } else if (c == '=') {
      out += "=3D";
    } else {
      out += c;
    }
  }
  return out;
}

scram_result<std::string> parse_saslname(std::string_view text) {
  if (text.empty() || !is_utf8(text) || text.find('\0') != std::string_view::npos) {
    return fault("a name that is empty or no UTF-8");
  }
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
      continue;
    }
    auto const escape = text.substr(i, 3);
    if (escape != "=2C" && escape != "=3D") return fault("a name with \"=\" that begins neither =2C nor =3D");
    out += escape == "=2C" ? ',' : '=';
    i += 2;
  }
  return out;
}

std::string scram_client_first::gs2_header() const {
  std::string out = flag == scram_binding_flag::none ? "n" : flag == scram_binding_flag::not_offered ? "y" : "p=";
  out += binding_type + ',';
  if (!authzid.empty()) out += "a=" + format_saslname(authzid);
  return out + ',';
}

std::string scram_client_first::bare() const { return "n=" + format_saslname(user) + ",r=" + nonce; }

scram_result<parsed_client_first> parse_client_first(std::string_view text) {
  parsed_client_first out;
  auto rest = text;
  if (!parse_flag(take_field(rest), out.value)) return fault("first message without a channel binding flag");
  auto const authzid = take_field(rest);
  // gsasl writes "a=" for none. [RFC 5802 §7: deviates, it should not be empty]
  if (!authzid.empty() && authzid != "a=") {
    if (!authzid.starts_with("a=")) return fault("first message with something else than an authorization identity");
    auto name = parse_saslname(authzid.substr(2));
    if (!name) return fault("first message with an authorization identity that is no name");
    out.value.authzid = std::move(*name);
  }
  out.bare = rest;
  out.gs2_header = text.substr(0, text.size() - rest.size());
  if (rest.starts_with("m=")) return fault("first message that demands an extension nobody knows");
  std::string_view name;
  std::string_view nonce;
  if (!take_attribute(rest, "n=", name)) return fault("first message without a user name");
  auto user = parse_saslname(name);
  if (!user) return fault("first message with a user name that is none");
  out.value.user = std::move(*user);
  if (!take_attribute(rest, "r=", nonce) || !is_nonce(nonce)) return fault("first message without a nonce");
  out.value.nonce = nonce;
  if (!are_extensions(text, rest)) return fault("first message with something behind the nonce");
  return out;
}

scram_result<scram_server_first> parse_server_first(std::string_view text) {
  if (text.starts_with("m=")) return fault("the server demands an extension nobody knows");
  auto rest = text;
  std::string_view nonce;
  std::string_view salt_text;
  std::string_view count_text;
  if (!take_attribute(rest, "r=", nonce) || !is_nonce(nonce)) return fault("the server sent no nonce");
  if (!take_attribute(rest, "s=", salt_text)) return fault("the server sent no salt");
  if (!take_attribute(rest, "i=", count_text)) return fault("the server sent no iteration count");
  auto salt = decode_base64(salt_text);
  if (!salt || salt->empty()) return fault("the server sent a salt that is not base64");
  auto const count = parse_unsigned(count_text);
  if (!count || *count == 0 || *count > std::numeric_limits<int>::max()) {
    return fault("the server sent an iteration count that is none");
  }
  if (!are_extensions(text, rest)) return fault("the server sent something behind the iteration count");
  return scram_server_first{std::string(nonce), std::move(*salt), static_cast<unsigned>(*count)};
}

std::string format_server_first(scram_server_first const& message) {
  return fmt::format("r={},s={},i={}", message.nonce, encode_base64(message.salt), message.iterations);
}

scram_result<scram_client_final> parse_client_final(std::string_view text) {
  scram_client_final out;
  auto rest = text;
  std::string_view binding_text;
  std::string_view nonce;
  if (!take_attribute(rest, "c=", binding_text)) return fault("final message without channel binding");
  auto binding = decode_base64(binding_text);
  if (!binding) return fault("final message with channel binding that is not base64");
  out.binding = std::move(*binding);
  if (!take_attribute(rest, "r=", nonce)) return fault("final message without a nonce");
  out.nonce = nonce;
  // The proof stands last, extensions before it.
  auto const at = text.rfind(",p=");
  if (at == std::string_view::npos) return fault("final message without a proof");
  auto const consumed = text.size() - rest.size();
  if (at + 1 < consumed) return fault("final message without a proof");
  if (at >= consumed && (at == consumed || !are_extensions(text.substr(0, at), text.substr(consumed, at - consumed)))) {
    return fault("final message with something between nonce and proof");
  }
  auto proof = decode_base64(text.substr(at + 3));
  if (!proof || proof->empty()) return fault("final message with a proof that is not base64");
  out.proof = std::move(*proof);
  out.without_proof = text.substr(0, at);
  return out;
}

std::string format_client_final_without_proof(std::string_view binding, std::string_view nonce) {
  return fmt::format("c={},r={}", encode_base64(binding), nonce);
}

scram_result<scram_server_final> parse_server_final(std::string_view text) {
  auto rest = text;
  std::string_view value;
  if (take_attribute(rest, "e=", value)) return scram_server_final{{}, std::string(value)};
  if (!take_attribute(rest, "v=", value)) return fault("the server sent no signature");
  auto signature = decode_base64(value);
  if (!signature || signature->empty()) return fault("the server sent a signature that is not base64");
  if (!are_extensions(text, rest)) return fault("the server sent something behind its signature");
  return scram_server_final{std::move(*signature), {}};
}

}  // namespace postern::sasl
