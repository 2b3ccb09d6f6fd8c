#include "smtp/command_table.hpp"

#include "base/text.hpp"

namespace postern::smtp {
namespace {

constexpr std::string_view hello_first = "503 5.5.1 Error: send HELO/EHLO first";
constexpr std::string_view nested_mail = "503 5.5.1 Error: nested MAIL command";
constexpr std::string_view need_mail = "503 5.5.1 Error: need MAIL command";
constexpr std::string_view need_rcpt = "503 5.5.1 Error: need RCPT command";
constexpr std::string_view no_valid_rcpt = "554 5.5.1 Error: no valid recipients";
constexpr std::string_view in_transaction = "503 5.5.1 Error: MAIL transaction in progress";
constexpr std::string_view etrn_in_transaction = "503 Error: MAIL transaction in progress";
constexpr std::string_view etrn_hello_first = "503 Error: send HELO/EHLO first";

using refusals = std::array<std::string_view, stage_count>;
constexpr refusals anywhere{};

// clang-format off
// columns: name, verb, refusal at {fresh, greeted, mail, rcpt, chunking}, before TLS, last in group, junk, source
constexpr std::array commands{
    command_row{"EHLO", verb::ehlo, anywhere, true, true, true, "RFC 5321 §4.1.1.1"},
    command_row{"HELO", verb::helo, anywhere, true, true, true, "RFC 5321 §4.1.1.1"},
    command_row{"MAIL", verb::mail, {hello_first, "", nested_mail, nested_mail, "503 5.5.1 Error: MAIL after BDAT"},
                false, false, false, "RFC 5321 §4.1.1.2"},
    command_row{"RCPT", verb::rcpt, {need_mail, need_mail, "", "", "503 5.5.1 Error: RCPT after BDAT"},
                false, false, false, "RFC 5321 §4.1.1.3"},
    command_row{"DATA", verb::data, {need_rcpt, need_rcpt, no_valid_rcpt, "", "503 5.5.1 Error: DATA after BDAT"},
                false, true, false, "RFC 5321 §4.1.1.4"},
    command_row{"BDAT", verb::bdat, {need_rcpt, need_rcpt, no_valid_rcpt, "", ""},
                false, false, false, "RFC 3030 §2"},
    command_row{"RSET", verb::rset, anywhere, false, false, true, "RFC 5321 §4.1.1.5"},
    command_row{"NOOP", verb::noop, anywhere, true, true, true, "RFC 5321 §4.1.1.9"},
    command_row{"VRFY", verb::vrfy, {hello_first, "", "", "", ""}, false, true, true, "RFC 5321 §4.1.1.6"},
    command_row{"ETRN", verb::etrn, {etrn_hello_first, "", etrn_in_transaction, etrn_in_transaction,
                etrn_in_transaction}, false, false, true, "RFC 1985 §5"},
    command_row{"STARTTLS", verb::starttls, {"", "", in_transaction, in_transaction, in_transaction},
                true, true, false, "RFC 3207 §4"},
    command_row{"AUTH", verb::auth, {hello_first, "", in_transaction, in_transaction, in_transaction},
                false, true, false, "RFC 4954 §4"},
    command_row{"XCLIENT", verb::xclient, {"", "", in_transaction, in_transaction, in_transaction},
                false, true, false, "Postfix XCLIENT_README"},
    command_row{"XFORWARD", verb::xforward, {"", "", in_transaction, in_transaction, in_transaction},
                false, false, false, "Postfix XFORWARD_README"},
    command_row{"QUIT", verb::quit, anywhere, true, true, false, "RFC 5321 §4.1.1.10"},
    command_row{"HELP", verb::help, anywhere, false, true, true, "RFC 5321 §4.1.1.8"},
};

constexpr std::array capabilities{
    capability_row{"PIPELINING", capability::pipelining, "RFC 2920"},
    capability_row{"SIZE", capability::size, "RFC 1870"},
    capability_row{"VRFY", capability::vrfy, "RFC 5321 §4.1.1.1"},
    capability_row{"ETRN", capability::etrn, "RFC 1985"},
    capability_row{"STARTTLS", capability::starttls, "RFC 3207"},
    capability_row{"AUTH", capability::auth, "RFC 4954"},
    capability_row{"XCLIENT", capability::xclient, "Postfix XCLIENT_README"},
    capability_row{"XFORWARD", capability::xforward, "Postfix XFORWARD_README"},
    capability_row{"ENHANCEDSTATUSCODES", capability::enhanced_status_codes, "RFC 2034"},
    capability_row{"8BITMIME", capability::eight_bit_mime, "RFC 6152"},
    capability_row{"DSN", capability::dsn, "RFC 3461"},
    capability_row{"SMTPUTF8", capability::smtputf8, "RFC 6531"},
    capability_row{"CHUNKING", capability::chunking, "RFC 3030"},
};
// clang-format on

}  // namespace

std::span<command_row const> command_table() { return commands; }
std::span<capability_row const> capability_table() { return capabilities; }

command_row const* find_command(std::string_view name) {
  for (auto const& row : commands) {
    if (iequals(row.name, name)) return &row;
  }
  return nullptr;
}

}  // namespace postern::smtp
