#pragma once
// Purpose: what a server answers: code, enhanced status code, text; as a value and as bytes.
// Layout: "CODE-STATUS text CRLF … CODE STATUS text CRLF"; a '\n' in the text begins a new reply line. [RFC 5321
//         §4.2, RFC 2034]
// Limits: none of its own: a text of an administrator's table may be longer than the 512 octets of a line, as in Postfix.
//         [RFC 5321 §4.5.3.1.5: deviates, a cut text explains nothing]
// Security: octets below space in the text (other than '\n') become '?', so that no text can forge a reply.

#include <string>
#include <string_view>

namespace postern::smtp {

struct reply {
  int code = 250;
  std::string enhanced;  ///< "2.1.0"; empty: none is sent
  std::string text;

  bool positive() const noexcept { return code < 400; }
  bool temporary() const noexcept { return code >= 400 && code < 500; }
};

/// Wire form, CRLF included.
std::string format_reply(reply const& value);
void append_reply(std::string& output, reply const& value);

}  // namespace postern::smtp
