#include "sasl/digest_message.hpp"

#include <algorithm>

#include "base/hex.hpp"
#include "base/text.hpp"
#include "crypto/md5.hpp"

namespace postern::sasl {
namespace {

constexpr std::size_t directives_max = 256;

struct directive {
  std::string name;  // lower case
  std::string value;
};

std::unexpected<digest_fault> fault(digest_fault text) { return std::unexpected(text); }

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_control(char c) { return (c >= '\0' && c < ' ' && c != '\t') || c == '\x7f'; }
bool is_token_character(char c) {
  constexpr std::string_view separators = "()<>@,;:\\\"/[]?={} \t";
  return c > ' ' && c <= '~' && separators.find(c) == std::string_view::npos;
}

void skip_blanks(std::string_view& rest) {
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
}

/// Blanks and empty elements between directives: "#rule" [RFC 2831 §7.1].
void skip_commas(std::string_view& rest) {
  while (!rest.empty() && (is_blank(rest.front()) || rest.front() == ',')) rest.remove_prefix(1);
}

std::string_view take_token(std::string_view& rest) {
  auto const end = std::ranges::find_if_not(rest, is_token_character) - rest.begin();
  auto const token = rest.substr(0, static_cast<std::size_t>(end));
  rest.remove_prefix(token.size());
  return token;
}

/// Pre: at the opening quote.
std::optional<std::string> take_quoted(std::string_view& rest) {
  std::string out;
  bool escaped = false;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    char const c = rest[i];
    if (is_control(c)) break;
    if (!escaped && c == '"') {
      rest.remove_prefix(i + 1);
      return out;
    }
    escaped = !escaped && c == '\\';
    if (!escaped) out += c;
  }
  return std::nullopt;
}

std::optional<directive> take_directive(std::string_view& rest) {
  directive out{lowercase(take_token(rest)), {}};
  skip_blanks(rest);
  if (out.name.empty() || !rest.starts_with('=')) return std::nullopt;
  rest.remove_prefix(1);
  skip_blanks(rest);
  if (rest.starts_with('"')) {
    auto quoted = take_quoted(rest);
    if (!quoted) return std::nullopt;
    out.value = std::move(*quoted);
  } else {
    out.value = take_token(rest);
    // The digest-uri comes without its quotes from some.
    while (rest.starts_with('/')) {
      out.value += '/';
      rest.remove_prefix(1);
      out.value += take_token(rest);
    }
    if (out.value.empty()) return std::nullopt;
  }
  skip_blanks(rest);
  if (!rest.empty() && rest.front() != ',') return std::nullopt;
  return out;
}

std::expected<std::vector<directive>, digest_fault> parse_directives(std::string_view text) {
  std::vector<directive> out;
  for (skip_commas(text); !text.empty(); skip_commas(text)) {
    auto one = take_directive(text);
    if (!one) return fault("something that is no directive");
    if (out.size() == directives_max) return fault("too many directives");
    out.push_back(std::move(*one));
  }
  return out;
}

/// The directives of a message, each of them asked for once.
class directive_list {
 public:
  explicit directive_list(std::vector<directive> all) : all_(std::move(all)) {}

  /// Absent when it is missing; a second one is a fault.
  std::optional<std::string> find(std::string_view name) {
    std::optional<std::string> value;
    for (auto const& one : all_) {
      if (one.name != name) continue;
      if (value) repeated_ = true;
      value = one.value;
    }
    return value;
  }
  std::string find_or_empty(std::string_view name) { return find(name).value_or(std::string()); }
  std::vector<std::string> find_all(std::string_view name) const {
    std::vector<std::string> values;
    for (auto const& one : all_) {
      if (one.name == name) values.push_back(one.value);
    }
    return values;
  }
  bool repeated() const { return repeated_; }

 private:
  std::vector<directive> all_;
  bool repeated_ = false;
};

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

bool is_hex(std::string_view text, std::size_t digits) { return text.size() == digits && decode_hex(text).has_value(); }

std::string sum(secret const& digest_secret, digest_response const& response, std::string_view method) {
  std::string a1(digest_secret.reveal());
  a1 += ':' + response.nonce + ':' + response.cnonce;
  if (!response.authzid.empty()) a1 += ':' + response.authzid;
  auto const a2 = std::string(method) + ':' + response.uri;
  auto text = encode_hex(crypto::md5(a1)) + ':' + response.nonce + ':' + response.nonce_count + ':' + response.cnonce +
              ":auth:" + encode_hex(crypto::md5(a2));
  auto value = encode_hex(crypto::md5(text));
  wipe(a1);
  wipe(text);
  return value;
}

}  // namespace

std::expected<digest_challenge, digest_fault> parse_digest_challenge(std::string_view text) {
  if (text.size() > digest_challenge_max) return fault("the challenge is too long");
  auto parsed = parse_directives(text);
  if (!parsed) return fault("the challenge has something that is no directive");
  directive_list directives(std::move(*parsed));
  digest_challenge out;
  out.realms = directives.find_all("realm");
  out.nonce = directives.find_or_empty("nonce");
  out.utf8 = iequals(directives.find_or_empty("charset"), "utf-8");
  auto const qop = directives.find("qop");
  auto const algorithm = directives.find("algorithm");
  if (directives.repeated()) return fault("the challenge has a directive twice");
  if (out.nonce.empty()) return fault("the challenge has no nonce");
  if (!algorithm || !iequals(*algorithm, "md5-sess")) return fault("the challenge wants another algorithm");
  if (!qop) return out;
  auto const offered = split_any(*qop, ", \t");
  if (!std::ranges::any_of(offered, [](auto word) { return iequals(word, "auth"); })) {
    return fault("the challenge insists on a security layer");
  }
  return out;
}

std::string format_digest_challenge(digest_challenge const& challenge) {
  std::string out = "nonce=" + quote(challenge.nonce);
  std::string tail = ",qop=\"auth\"";
  if (challenge.utf8) tail += ",charset=utf-8";
  tail += ",algorithm=md5-sess";
  for (auto const& realm : challenge.realms) {
    auto const directive = ",realm=" + quote(realm);
    if (out.size() + directive.size() + tail.size() < digest_challenge_max) out += directive;
  }
  return out + tail;
}

std::expected<digest_response, digest_fault> parse_digest_response(std::string_view text) {
  if (text.size() > digest_response_max) return fault("response that is too long");
  auto parsed = parse_directives(text);
  if (!parsed) return fault("response with something that is no directive");
  directive_list directives(std::move(*parsed));
  digest_response out;
  out.user = directives.find_or_empty("username");
  out.realm = directives.find("realm");
  out.nonce = directives.find_or_empty("nonce");
  out.cnonce = directives.find_or_empty("cnonce");
  out.nonce_count = directives.find_or_empty("nc");
  out.uri = directives.find_or_empty("digest-uri");
  out.response = lowercase(directives.find_or_empty("response"));
  out.authzid = directives.find_or_empty("authzid");
  auto const charset = directives.find("charset");
  auto const qop = directives.find("qop");
  if (directives.repeated()) return fault("response with a directive twice");
  out.utf8 = charset.has_value();
  if (charset && !iequals(*charset, "utf-8")) return fault("response in a charset that was not offered");
  if (qop && !iequals(*qop, "auth")) return fault("response with a security layer that was not offered");
  if (out.user.empty()) return fault("response without a user name");
  if (out.nonce.empty() || out.cnonce.empty()) return fault("response without nonce or cnonce");
  if (!is_hex(out.nonce_count, 8)) return fault("response without nonce count");
  if (!is_hex(out.response, 32)) return fault("response without its value");
  // The host is not compared: clients reach a server under many names, and the nonce is known to this exchange only.
  // [RFC 2831 §2.1.2: deviates, the host may be any name of the server]
  auto const slash = out.uri.find('/');
  if (slash == 0 || slash >= out.uri.size() - 1) return fault("response without a digest-uri");
  return out;
}

secret format_digest_response(digest_response const& response) {
  std::string out;
  if (response.utf8) out += "charset=utf-8,";
  out += "username=" + quote(response.user);
  if (response.realm) out += ",realm=" + quote(*response.realm);
  out += ",nonce=" + quote(response.nonce) + ",nc=" + response.nonce_count + ",cnonce=" + quote(response.cnonce) +
         ",digest-uri=" + quote(response.uri) + ",response=" + response.response + ",qop=auth";
  if (!response.authzid.empty()) out += ",authzid=" + quote(response.authzid);
  return secret(std::move(out));
}

std::optional<std::string> parse_digest_rspauth(std::string_view text) {
  if (text.size() > digest_challenge_max) return std::nullopt;
  auto parsed = parse_directives(text);
  if (!parsed) return std::nullopt;
  directive_list directives(std::move(*parsed));
  auto value = directives.find("rspauth");
  return directives.repeated() ? std::nullopt : value;
}

secret make_digest_secret(std::string_view user, std::string_view realm, std::string_view password) {
  std::string text(user);
  text += ':';
  text += realm;
  text += ':';
  text += password;
  secret out(crypto::md5(text));
  wipe(text);
  return out;
}

std::string digest_client_value(secret const& digest_secret, digest_response const& response) {
  return sum(digest_secret, response, "AUTHENTICATE");
}

std::string digest_server_value(secret const& digest_secret, digest_response const& response) {
  return sum(digest_secret, response, "");
}

}  // namespace postern::sasl
