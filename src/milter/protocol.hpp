#pragma once
// Purpose: the words of the milter protocol: commands, answers, what both sides may ask for.
// Layout: a packet is its length (u32, big-endian, of what follows), a letter, and the letter's data. Texts end in NUL.
// Source: the protocol of Sendmail 8's libmilter, versions 2 to 6; docs/milters.md.

#include <cstdint>

namespace postern::milter {

/// What the server sends.
enum class command : char {
  abort = 'A',
  body = 'B',
  connect = 'C',
  macros = 'D',
  end_of_message = 'E',
  helo = 'H',
  header = 'L',
  mail = 'M',
  end_of_headers = 'N',
  negotiate = 'O',
  quit = 'Q',
  rcpt = 'R',
  data = 'T',
  unknown = 'U',
};

/// What a filter may do; both sides agree on it when they negotiate.
namespace may {
inline constexpr std::uint32_t add_headers = 0x1, change_body = 0x2, add_recipients = 0x4, delete_recipients = 0x8,
                               change_headers = 0x10, quarantine = 0x20, change_from = 0x40,
                               add_recipients_with_arguments = 0x80, choose_macros = 0x100, everything = 0x1ff;
}  // namespace may

/// Steps of the protocol that a filter can do without, and forms that it wants.
namespace step {
inline constexpr std::uint32_t no_connect = 0x1, no_helo = 0x2, no_mail = 0x4, no_rcpt = 0x8, no_body = 0x10,
                               no_headers = 0x20, no_end_of_headers = 0x40, no_reply_header = 0x80, no_unknown = 0x100,
                               no_data = 0x200, can_skip = 0x400, wants_rejected = 0x800, no_reply_connect = 0x1000,
                               no_reply_helo = 0x2000, no_reply_mail = 0x4000, no_reply_rcpt = 0x8000,
                               no_reply_data = 0x10000, no_reply_unknown = 0x20000, no_reply_end_of_headers = 0x40000,
                               no_reply_body = 0x80000, leading_space = 0x100000;
/// All that a server of that version offers.
inline constexpr std::uint32_t version_2 = 0x7f, version_3 = 0x17f, version_4 = 0x37f, version_6 = 0x1fffff;
}  // namespace step

/// The body goes out in packets of this size at most.
inline constexpr std::size_t body_chunk_octets = 65'535;

}  // namespace postern::milter
