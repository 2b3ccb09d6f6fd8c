#include "sasl/mux_protocol.hpp"

#include <algorithm>

namespace postern::sasl::mux {
namespace {

constexpr std::size_t header_size = 2;

void append_length(std::string& to, std::size_t size) {
  to += static_cast<char>(size >> 8U);
  to += static_cast<char>(size & 0xffU);
}

std::string format_counted(std::string_view text) {
  std::string out;
  append_length(out, text.size());
  out += text;
  return out;
}

}  // namespace

request_reader::~request_reader() { wipe(strings_[password]); }

request_reader::progress request_reader::begin_string() {
  if (field_ == address && missing_ > address_octets_max) {
    // Not an address: whatever a client of the old dialect sends behind its request is nobody's business.
    missing_ = 0;
    return progress::complete;
  }
  if (missing_ > string_max_) return progress::too_long;
  // All at once, so that growing leaves no copy of a password behind.
  strings_[field_].reserve(missing_);
  return progress::incomplete;
}

request_reader::progress request_reader::feed(std::string_view octets) {
  while (state_ == progress::incomplete) {
    if (header_octets_ < header_size) {
      if (octets.empty()) break;
      auto const octet = static_cast<std::uint8_t>(octets.front());
      octets.remove_prefix(1);
      if (header_octets_++ == 0) {
        header_high_ = octet;
        continue;
      }
      missing_ = static_cast<std::size_t>(header_high_) << 8U | octet;
      state_ = begin_string();
      continue;
    }
    auto const count = std::min(missing_, octets.size());
    strings_[field_] += octets.substr(0, count);
    octets.remove_prefix(count);
    missing_ -= count;
    if (missing_ > 0) break;
    header_octets_ = 0;
    ++field_;
    bool const fifth_may_follow = field_ == address && octets.size() >= header_size;
    if (field_ >= address && !fifth_may_follow) state_ = progress::complete;
  }
  return state_;
}

request request_reader::take() {
  return {.login = std::move(strings_[login]),
          .password = secret(std::move(strings_[password])),
          .service = std::move(strings_[service]),
          .realm = std::move(strings_[realm]),
          .client_address = std::move(strings_[address])};
}

result<secret> format_request(request const& asked, bool with_address) {
  std::array<std::string_view, 5> const strings{asked.login, asked.password.reveal(), asked.service, asked.realm,
                                                asked.client_address};
  auto const count = strings.size() - (with_address ? 0 : 1);
  std::string out;
  std::size_t total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (strings[i].size() > string_octets_max) return fail("saslauthd request too large");
    total += header_size + strings[i].size();
  }
  out.reserve(total);
  for (std::size_t i = 0; i < count; ++i) {
    append_length(out, strings[i].size());
    out += strings[i];
  }
  return secret(std::move(out));
}

std::string format_reply(reply const& said) {
  std::string text = said.yes ? "OK" : "NO";
  if (!said.text.empty()) text += ' ' + said.text;
  if (text.size() > reply_octets_max) text.resize(reply_octets_max);
  return format_counted(text);
}

std::string format_too_long() { return format_counted("NO "); }

result<std::optional<reply>> parse_reply(std::string_view octets) {
  if (octets.size() < header_size) return std::nullopt;
  auto const size =
      static_cast<std::size_t>(static_cast<std::uint8_t>(octets[0])) << 8U | static_cast<std::uint8_t>(octets[1]);
  if (size < 2) return fail("bad response from saslauthd");
  octets.remove_prefix(header_size);
  if (octets.size() < size) return std::nullopt;
  octets = octets.substr(0, size);
  bool const yes = octets.starts_with("OK");
  if (!yes && !octets.starts_with("NO")) return fail("bad response from saslauthd");
  octets.remove_prefix(2);
  if (octets.starts_with(' ')) octets.remove_prefix(1);
  return reply{.yes = yes, .text = std::string(octets)};
}

}  // namespace postern::sasl::mux
