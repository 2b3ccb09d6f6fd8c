#pragma once
// Purpose: the commands of the server, as data: where each is legal, what is said where it is not, and its place in
//          a pipelined group. EHLO text, refusals and the verb-by-state test come from here.
// Source: RFC 5321 §4.1, RFC 2920 §3.1, RFC 3030, RFC 3207, RFC 4954, RFC 1985.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace postern::smtp {

enum class verb : std::uint8_t {
  ehlo,
  helo,
  mail,
  rcpt,
  data,
  bdat,
  rset,
  noop,
  vrfy,
  etrn,
  starttls,
  auth,
  quit,
  help,
  xclient,
  xforward,
  unknown
};

/// How far the session is. `fresh` only differs from `greeted` where smtpd_helo_required is on.
enum class stage : std::uint8_t { fresh, greeted, mail, rcpt, chunking };
inline constexpr std::size_t stage_count = 5;

struct command_row {
  std::string_view name;
  verb id;
  std::array<std::string_view, stage_count> refusal;  ///< reply text by stage; empty: legal there
  bool before_tls;                                    ///< allowed before TLS where TLS is required
  bool last_in_group;                                 ///< must end a pipelined group
  bool junk;  ///< counts against smtpd_junk_command_limit while no mail is delivered
  std::string_view source;
};

std::span<command_row const> command_table();
/// Any case; null for a verb that is not in the table.
command_row const* find_command(std::string_view name);

/// The capabilities that EHLO lists, in the order of Postfix.
enum class capability : std::uint8_t {
  pipelining,
  size,
  vrfy,
  etrn,
  starttls,
  auth,
  xclient,
  xforward,
  enhanced_status_codes,
  eight_bit_mime,
  dsn,
  smtputf8,
  chunking
};
struct capability_row {
  std::string_view keyword;
  capability id;
  std::string_view source;
};
std::span<capability_row const> capability_table();

}  // namespace postern::smtp
