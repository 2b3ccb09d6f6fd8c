#pragma once
// Purpose: enhanced status codes at the head of texts that administrators write ("5.1.1 No such user"), and made to fit
//          what is being refused.
// Source: RFC 3463; access(5) on enhanced status codes.

#include <optional>
#include <string>
#include <string_view>

namespace postern::policy {

struct status_and_text {
  std::string enhanced;
  std::string_view text;
};

/// "5.1.1" of "5.1.1 No such user"; empty when the text does not begin with one.
std::string_view find_enhanced_status(std::string_view text);

/// Takes an enhanced status code off the front of `text`; without one it is `otherwise`.
status_and_text split_status(std::string_view text, std::string_view otherwise);

/// A code that speaks of an address (X.1.Y), made to fit: what is said of a recipient is not said of a sender, and of
/// what is no address nothing of the kind. `what`: "Sender address".
std::string fit_status(std::string_view enhanced, std::string_view what);

}  // namespace postern::policy
