#include "milter/packet.hpp"

#include <fmt/format.h>

namespace postern::milter {
namespace {

constexpr std::size_t length_octets = 4;

std::uint32_t read_u32(std::string_view octets) {
  std::uint32_t value = 0;
  for (char const octet : octets.substr(0, length_octets)) value = value << 8U | static_cast<unsigned char>(octet);
  return value;
}

}  // namespace

void packet_reader::feed(std::string_view octets) {
  buffer_.erase(0, taken_);
  taken_ = 0;
  buffer_ += octets;
}

std::expected<std::optional<packet>, std::string> packet_reader::next() {
  auto const left = std::string_view(buffer_).substr(taken_);
  if (left.size() < length_octets) return std::nullopt;
  std::size_t const length = read_u32(left);
  if (length == 0) return std::unexpected("a packet without a letter");
  if (length > limit_) return std::unexpected(fmt::format("a packet of {} octets, the limit is {}", length, limit_));
  if (left.size() < length_octets + length) return std::nullopt;
  taken_ += length_octets + length;
  return packet{left[length_octets], left.substr(length_octets + 1, length - 1)};
}

void append_u32(std::string& out, std::uint32_t value) {
  for (unsigned const shift : {24U, 16U, 8U, 0U}) out += static_cast<char>(value >> shift & 0xffU);
}

void append_u16(std::string& out, std::uint16_t value) {
  out += static_cast<char>(value >> 8U);
  out += static_cast<char>(value & 0xffU);
}

void append_text(std::string& out, std::string_view text) {
  out += text.substr(0, text.find('\0'));
  out += '\0';
}

void append_packet(std::string& out, char letter, std::string_view data) {
  append_u32(out, static_cast<std::uint32_t>(data.size() + 1));
  out += letter;
  out += data;
}

std::uint32_t packet_cursor::take_u32() {
  if (left_.size() < length_octets) {
    failed_ = true;
    left_ = {};
    return 0;
  }
  auto const value = read_u32(left_);
  left_.remove_prefix(length_octets);
  return value;
}

std::string_view packet_cursor::take_text() {
  auto const end = left_.find('\0');
  if (end == std::string_view::npos) {
    failed_ = true;
    left_ = {};
    return {};
  }
  auto const text = left_.substr(0, end);
  left_.remove_prefix(end + 1);
  return text;
}

}  // namespace postern::milter
