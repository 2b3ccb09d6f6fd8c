#pragma once
// Purpose: what XCLIENT and XFORWARD say: whose connection this really is, or whose mail.
// Layout: attribute=value words; values are xtext, [UNAVAILABLE] and [TEMPUNAVAIL] stand for what is not known.
// Errors: the text of the reply, with its codes.
// Source: XCLIENT_README and XFORWARD_README of Postfix 3.7.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.hpp"

namespace postern::smtp {

inline constexpr std::string_view xclient_keywords = "NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT";
inline constexpr std::string_view xforward_keywords = "NAME ADDR PROTO HELO SOURCE PORT IDENT";

/// Of a name or address that was given: known, or why it is not.
enum class known : std::uint8_t { yes, unavailable, temporarily_unavailable };

template <class T>
struct stated {
  T value{};
  known state = known::yes;
};

/// Nothing: the attribute was not given.
struct client_attributes {
  std::optional<stated<std::string>> name;
  std::optional<stated<std::string>> reverse_name;
  std::optional<stated<ip_address>> address;
  std::optional<stated<std::uint16_t>> port;
  std::optional<std::string> protocol;  ///< as given; XCLIENT: "SMTP" or "ESMTP"
  std::optional<stated<std::string>> helo;
  std::optional<stated<std::string>> login;
  std::optional<stated<ip_address>> server_address;
  std::optional<stated<std::uint16_t>> server_port;
  std::optional<stated<std::string>> queue_id;  ///< IDENT
  std::optional<std::string> source;            ///< "LOCAL", "REMOTE"
};

enum class attribute_command : std::uint8_t { xclient, xforward };

/// `into` keeps what the words do not say: XFORWARD may come in several commands.
std::expected<void, std::string> parse_client_attributes(std::string_view arguments, attribute_command command,
                                                         client_attributes& into);

}  // namespace postern::smtp
