#pragma once
// Purpose: the DSN words of an envelope (NOTIFY, RET) between the spool's values, the private protocol's text and SMTP.
// Source: [RFC 3461 §4.1, §4.3].

#include <cstdint>
#include <string>
#include <string_view>

#include "smtp/envelope.hpp"

namespace postern::delivery {

/// Bits as in message::notify_on and queue::notify: "SUCCESS,FAILURE"; empty for 0.
std::string format_notify(std::uint8_t bits);
std::uint8_t parse_notify(std::string_view text);

/// "FULL", "HDRS" or empty.
smtp::dsn_return parse_ret(std::string_view text);

}  // namespace postern::delivery
