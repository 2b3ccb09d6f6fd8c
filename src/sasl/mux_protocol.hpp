#pragma once
// Purpose: what saslauthd and its clients say to each other: one request and one reply a connection.
// Layout: request: counted strings (two octets of length, high one first, then the octets): login, password, service,
//         realm and, from clients of Cyrus 2.2, the client's address ("192.0.2.7;51234"). Reply: one counted string,
//         "OK", "OK text", "NO" or "NO reason"; no NUL, no line end. The client does not half-close: the server answers
//         when four strings are there, and takes the fifth when it has come with them.
// Limits: `string_octets_max` a string (the original: 256), `address_octets_max` for the fifth; a reply holds at most
//         `reply_octets_max`, which is what libsasl and Exim have room for.
// Security: the reader keeps nothing but the strings, and wipes the password.
// Source: docs/protocols/saslauthd.md; Cyrus SASL 2.1.28, Exim 4.96.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::sasl::mux {

inline constexpr std::size_t string_octets_max = 65535;  ///< the most that two octets can say
inline constexpr std::size_t address_octets_max = 128;
inline constexpr std::size_t reply_octets_max = 1000;  ///< the text, without its length

struct request {
  std::string login;
  secret password;
  std::string service;
  std::string realm;
  std::string client_address;  ///< empty when only four strings came
};

/// Takes a request apart as it comes, in pieces of any size.
class request_reader {
 public:
  enum class progress : std::uint8_t {
    incomplete,
    complete,  ///< four strings, or five
    too_long,  ///< a string is over the limit: answer format_too_long() and close
  };

  explicit request_reader(std::size_t string_max = string_octets_max) : string_max_(string_max) {}
  request_reader(request_reader const&) = delete;
  request_reader& operator=(request_reader const&) = delete;
  ~request_reader();

  /// `octets`: all that the connection holds now. Octets behind the request are dropped, as the original does.
  progress feed(std::string_view octets);
  /// Pre: feed() said complete.
  request take();

 private:
  enum field : std::uint8_t { login, password, service, realm, address, fields };

  progress begin_string();

  std::size_t string_max_;
  progress state_ = progress::incomplete;
  std::uint8_t field_ = login;      ///< the string that is being read
  std::uint8_t header_octets_ = 0;  ///< of its length
  std::uint8_t header_high_ = 0;    ///< the first of them
  std::size_t missing_ = 0;         ///< octets of it still to come
  std::array<std::string, fields> strings_;
};

/// A failure when a string has more octets than the format can say. `with_address`: five strings.
result<secret> format_request(request const& asked, bool with_address);

struct reply {
  bool yes = false;
  std::string text;  ///< behind "OK " or "NO "; may be empty
};

/// "OK", "OK text", "NO", "NO reason" with its length in front; what is too long is cut.
std::string format_reply(reply const& said);
/// The original's answer to a string over the limit: "NO ".
std::string format_too_long();
/// `octets`: what has come so far. Empty: not whole yet. A failure: not an answer of saslauthd.
result<std::optional<reply>> parse_reply(std::string_view octets);

}  // namespace postern::sasl::mux
