#include "sasl/security_options.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace postern::sasl {
namespace {

/// One row an option: its word, and what it asks of each kind of flags.
struct option_row {
  std::string_view word;
  bool security_options::* member;
  bool cyrus_flags::* promise;
  bool dovecot_flags::* dovecot_promise;
  bool dovecot_flags::* dovecot_confession;
};
constexpr option_row options[] = {
    {"noplaintext", &security_options::no_plaintext, &cyrus_flags::no_plaintext, nullptr, &dovecot_flags::plaintext},
    {"noactive", &security_options::no_active, &cyrus_flags::no_active, nullptr, &dovecot_flags::active},
    {"nodictionary", &security_options::no_dictionary, &cyrus_flags::no_dictionary, nullptr,
     &dovecot_flags::dictionary},
    {"noanonymous", &security_options::no_anonymous, &cyrus_flags::no_anonymous, nullptr, &dovecot_flags::anonymous},
    {"forward_secrecy", &security_options::forward_secrecy, &cyrus_flags::forward_secrecy,
     &dovecot_flags::forward_secrecy, nullptr},
    {"mutual_auth", &security_options::mutual_auth, &cyrus_flags::mutual_auth, &dovecot_flags::mutual_auth, nullptr},
};

}  // namespace

result<security_options> parse_security_options(std::string_view text) {
  security_options wanted;
  for (std::string_view const word : split_any(text, ", \t\r\n")) {
    auto const* const row = std::ranges::find_if(options, [&](auto const& r) { return iequals(r.word, word); });
    if (row == std::end(options)) return fail("unknown SASL security option \"" + printable(word, 64) + "\"");
    wanted.*(row->member) = true;
  }
  return wanted;
}

bool permits(security_options const& wanted, cyrus_flags const& mechanism) {
  return std::ranges::all_of(options,
                             [&](auto const& row) { return !(wanted.*(row.member)) || mechanism.*(row.promise); });
}

bool permits(security_options const& wanted, dovecot_flags const& mechanism) {
  return std::ranges::all_of(options, [&](auto const& row) {
    if (!(wanted.*(row.member))) return true;
    return row.dovecot_promise ? mechanism.*(row.dovecot_promise) : !(mechanism.*(row.dovecot_confession));
  });
}

}  // namespace postern::sasl
