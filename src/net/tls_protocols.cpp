#include "net/tls_protocols.hpp"

#include <array>

#include <openssl/ssl.h>

#include "base/text.hpp"

namespace postern::net {
namespace {

struct protocol {
  std::string_view name;
  int number;
  unsigned long off;
};

constexpr std::array<protocol, 6> protocols{{{"SSLv2", 0x0002, 0},
                                             {"SSLv3", SSL3_VERSION, SSL_OP_NO_SSLv3},
                                             {"TLSv1", TLS1_VERSION, SSL_OP_NO_TLSv1},
                                             {"TLSv1.1", TLS1_1_VERSION, SSL_OP_NO_TLSv1_1},
                                             {"TLSv1.2", TLS1_2_VERSION, SSL_OP_NO_TLSv1_2},
                                             {"TLSv1.3", TLS1_3_VERSION, SSL_OP_NO_TLSv1_3}}};

protocol const* find_protocol(std::string_view name) {
  for (auto const& row : protocols) {
    if (iequals(row.name, name)) return &row;
  }
  return nullptr;
}

struct grade_row {
  std::string_view name;
  std::string_view list;
};

// [RFC 9325 §4] asks for no less than 128 bits and forward secrecy; "medium" is what Postfix takes from anybody.
constexpr std::array<grade_row, 5> grades{{{"high", "HIGH:@STRENGTH:!aNULL:!eNULL"},
                                           {"medium", "HIGH:MEDIUM:@STRENGTH:!aNULL:!eNULL"},
                                           {"low", "HIGH:MEDIUM:@STRENGTH:!aNULL:!eNULL"},
                                           {"export", "HIGH:MEDIUM:@STRENGTH:!aNULL:!eNULL"},
                                           {"null", "eNULL:!aNULL"}}};

}  // namespace

result<protocol_range> parse_tls_protocols(std::string_view value) {
  protocol_range range;
  unsigned long included = 0;
  for (auto word : split_any(value, ", \t\r\n:")) {
    bool at_least = word.starts_with(">=");
    bool at_most = word.starts_with("<=");
    bool without = word.starts_with("!");
    auto name = word.substr(at_least || at_most ? 2 : without ? 1 : 0);
    auto const* found = find_protocol(name);
    if (found == nullptr) return fail("unknown TLS protocol '" + std::string(word) + "'; known are SSLv3 to TLSv1.3");
    if (at_least)
      range.lowest = found->number < SSL3_VERSION ? 0 : found->number;
    else if (at_most)
      range.highest = found->number;
    else if (without)
      range.excluded |= found->off;
    else
      included |= found->off;
  }
  if (included != 0) {
    for (auto const& row : protocols) range.excluded |= (included & row.off) == 0 ? row.off : 0;
  }
  return range;
}

result<std::string> format_cipher_list(std::string_view grade, std::string_view list, std::string_view excluded) {
  std::string out(list);
  if (out.empty()) {
    for (auto const& row : grades) {
      if (iequals(row.name, grade)) out = row.list;
    }
    if (out.empty())
      return fail("unknown TLS cipher grade '" + std::string(grade) + "'; known are high, medium, low, export, null");
  }
  for (auto word : split_any(excluded, ", \t\r\n:")) out += ":!" + std::string(word);
  return out;
}

}  // namespace postern::net
