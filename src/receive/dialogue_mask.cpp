#include "receive/dialogue_mask.hpp"

#include "base/text.hpp"
#include "sasl/mechanism.hpp"
#include "smtp/command_table.hpp"

namespace postern::receive {
namespace {
constexpr char const* masked = "[credentials]";
}

void dialogue_mask::pass_over(std::string_view line) {
  if (istarts_with(trim(line), "auth")) auth_was_said_ = true;
}

std::string dialogue_mask::apply(std::string_view line, bool is_response) {
  if (is_response) return masked;
  auto words = split_any(line, " \t\r\v\f");
  auto const* command = words.empty() ? nullptr : smtp::find_command(words[0]);
  if (command != nullptr && command->id == smtp::verb::auth) {
    auth_was_said_ = true;
    std::string shown = "AUTH";
    // A word that is no mechanism may be a password in the wrong place.
    bool is_mechanism = words.size() > 1 && sasl::find_mechanism(words[1]) != nullptr;
    if (is_mechanism) shown.append(" ").append(uppercase(words[1]));
    if (words.size() > (is_mechanism ? 2U : 1U)) shown.append(" ").append(masked);
    return shown;
  }
  if (command == nullptr && auth_was_said_) return "[not a command]";
  return printable(line);
}

}  // namespace postern::receive
