#pragma once
// Purpose: parses reverse-paths and forward-paths. One function per ABNF rule.
// Source: [RFC 5321 §4.1.2, §4.1.3, RFC 6531 §3.3]
// Errors: an empty optional is a syntax error (501); there is no incomplete input here, the line is whole.
// Limits: path_rules; a source route is skipped, not kept. [RFC 5321 §C]
// Security: the resulting address holds no control character, no space outside quotes and no unbalanced bracket.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postern::smtp {

struct path_rules {
  bool strict = false;    ///< strict_rfc821_envelopes: < > demanded, dot-strings as the RFC has them, no phrase
  bool smtputf8 = false;  ///< octets above 127 may stand in local-part and domain
  std::size_t path_limit = 1'000;      ///< octets of the whole path
  std::size_t local_part_limit = 512;  ///< the RFC's 64 cuts VERP and SRS addresses off; strict: 64
};

struct parsed_path {
  std::string address;    ///< form of message/address.hpp; "" for <>
  std::string_view rest;  ///< what follows the path: " SIZE=100"
};

/// What follows "MAIL FROM:"; <> is the null reverse-path.
std::optional<parsed_path> parse_reverse_path(std::string_view text, path_rules const& rules);

/// What follows "RCPT TO:"; <> is an error, <postmaster> without a domain is not.
std::optional<parsed_path> parse_forward_path(std::string_view text, path_rules const& rules);

/// An address that stands alone, with or without < > (VRFY).
std::optional<std::string> parse_lone_address(std::string_view text, path_rules const& rules);

}  // namespace postern::smtp
