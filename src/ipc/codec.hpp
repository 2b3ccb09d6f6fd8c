#pragma once
// Purpose: the fields of a private message between Postern's programs, one after the other.
// Layout: an integer is a LEB128 varint; a text is its length as such an integer, then its octets; a list is its count,
//         then its elements. Both ends are of one build; the hello message carries the protocol's version all the same.
// Errors: a decoder that meets the end too early, or an integer of over 64 bits, goes bad and stays so: every further
//         take gives an empty value, and good() is asked once at the end.
// Limits: a list may not claim more elements than there are octets left.

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::ipc {

class encoder {
 public:
  encoder& put(std::uint64_t number);
  encoder& put(std::string_view text);
  encoder& put(bool flag) { return put(std::uint64_t{flag}); }
  encoder& put(char const* text) { return put(std::string_view(text)); }
  std::string take() { return std::move(octets_); }
  std::string_view view() const noexcept { return octets_; }

 private:
  std::string octets_;
};

class decoder {
 public:
  explicit decoder(std::string_view octets) : rest_(octets) {}
  std::uint64_t take_number();
  bool take_flag() { return take_number() != 0; }
  std::string_view take_view();  ///< points into the octets given to the constructor
  std::string take_text() { return std::string(take_view()); }
  std::size_t take_count();
  /// Nothing went wrong and nothing is left over.
  bool good() const noexcept { return !bad_ && rest_.empty(); }
  bool bad() const noexcept { return bad_; }

 private:
  std::string_view rest_;
  bool bad_ = false;
};

}  // namespace postern::ipc
