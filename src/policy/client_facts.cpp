#include "policy/client_facts.hpp"

namespace postern::policy {

std::string_view format_command(command at) {
  switch (at) {
    case command::connect:
      return "CONNECT";
    case command::helo:
      return "HELO";
    case command::ehlo:
      return "EHLO";
    case command::mail:
      return "MAIL";
    case command::rcpt:
      return "RCPT";
    case command::vrfy:
      return "VRFY";
    case command::data:
      return "DATA";
    case command::bdat:
      return "BDAT";
    case command::end_of_message:
      return "END-OF-MESSAGE";
    case command::etrn:
      return "ETRN";
  }
  return "UNKNOWN";
}

}  // namespace postern::policy
