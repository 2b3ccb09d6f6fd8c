#pragma once
// Purpose: the four messages of a SCRAM exchange, both directions.
// Layout: client-first "n,a=AUTHZID,n=USER,r=NONCE", server-first "r=NONCE,s=SALT,i=COUNT",
//         client-final "c=BINDING,r=NONCE,p=PROOF", server-final "v=SIGNATURE" or "e=ERROR".
// Errors: a message that breaks the grammar is a failure with a text for the log that lives for ever (scram_fault).
// Limits: the caller bounds a message; nothing here grows beyond it.
// Security: unknown mandatory extensions ("m=") are refused, unknown optional ones ignored. [RFC 5802 §5.1]
// Source: [RFC 5802 §7]

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace postern::sasl {

using scram_fault = std::string_view;
template <class T>
using scram_result = std::expected<T, scram_fault>;

enum class scram_binding_flag : std::uint8_t {
  none,         ///< "n": the client cannot bind
  not_offered,  ///< "y": it can, and believes that the server cannot
  used          ///< "p=TYPE"
};

struct scram_client_first {
  scram_binding_flag flag = scram_binding_flag::none;
  std::string binding_type;  ///< with `used`
  std::string authzid;       ///< without its escapes; may be empty
  std::string user;          ///< without its escapes
  std::string nonce;

  std::string gs2_header() const;
  std::string bare() const;
};
/// A message as it came: what is signed are these octets, not ours.
struct parsed_client_first {
  scram_client_first value;
  std::string_view gs2_header;  ///< within the parsed text
  std::string_view bare;
};
scram_result<parsed_client_first> parse_client_first(std::string_view text);

struct scram_server_first {
  std::string nonce;
  std::string salt;
  unsigned iterations = 0;
};
scram_result<scram_server_first> parse_server_first(std::string_view text);
std::string format_server_first(scram_server_first const& message);

struct scram_client_final {
  std::string binding;  ///< decoded: GS2 header and channel binding data
  std::string nonce;
  std::string proof;               ///< decoded
  std::string_view without_proof;  ///< within the parsed text
};
scram_result<scram_client_final> parse_client_final(std::string_view text);
/// Without ",p=": what is signed.
std::string format_client_final_without_proof(std::string_view binding, std::string_view nonce);

struct scram_server_final {
  std::string signature;  ///< decoded; empty when there is an error
  std::string error;
};
scram_result<scram_server_final> parse_server_final(std::string_view text);

/// "," and "=" as "=2C" and "=3D". [RFC 5802 §5.1]
std::string format_saslname(std::string_view name);
scram_result<std::string> parse_saslname(std::string_view text);

}  // namespace postern::sasl
