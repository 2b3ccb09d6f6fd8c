#pragma once
// Purpose: finds the addresses of a header field where they stand, and puts others in their places; everything else of
//          the field stays as its writer laid it out.
// Layout: name-addr, addr-spec, groups, source routes (left out of the address), comments, folded anywhere.
//         A phrase without an address ("joe smith") is left alone.
// Limits: words_max words of a field are looked at (header_address_token_limit).
// Source: RFC 5322 §3.4, §4.4; header_address_token_limit of postconf(5).

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::rewrite {

enum class field_role : std::uint8_t { other, sender, recipient };
/// Which kind of address the field holds, as Postfix's classes header_sender and header_recipient have it.
field_role role_of_field(std::string_view name);

/// True: a dot-string of the commonest characters, '@', a domain; that is in the form of message/address.hpp as it is.
bool is_plain_address(std::string_view address);

struct address_place {
  std::size_t offset = 0;  ///< in the field
  std::size_t length = 0;
  std::string address;  ///< in the form of message/address.hpp
  bool routed = false;  ///< the place begins with a source route, which is not part of the address
  friend bool operator==(address_place const&, address_place const&) = default;
};

inline constexpr std::size_t usual_header_words = 10'240;  ///< header_address_token_limit's default

/// `field`: a whole field with its name. Places in ascending order, apart from each other.
std::vector<address_place> find_addresses(std::string_view field, std::size_t words_max = usual_header_words);

/// The field with the address of place i replaced by `addresses[i]`. Pre: as many addresses as places.
std::string replace_addresses(std::string_view field, std::vector<address_place> const& places,
                              std::vector<std::string> const& addresses);

}  // namespace postern::rewrite
