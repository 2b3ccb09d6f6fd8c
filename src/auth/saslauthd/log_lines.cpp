#include "auth/saslauthd/log_lines.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::auth::saslauthd {
namespace {

constexpr std::size_t field_octets_max = 256;

std::string field(std::string_view text) {
  auto out = printable(text, field_octets_max);
  std::ranges::replace(out, ']', '?');
  return out;
}

std::string who(password_question const& question) {
  auto out = fmt::format("[user={}] [service={}] [realm={}]", field(question.login), field(question.service),
                         field(question.realm));
  if (!question.client_address.empty()) out += fmt::format(" [remote={}]", field(question.client_address));
  return out;
}

}  // namespace

std::string format_failure_line(password_question const& question, std::string_view mechanism,
                                password_answer const& answer) {
  return fmt::format("auth failure: {} [mech={}] [reason={}]", who(question), mechanism,
                     answer.reply.empty() ? "Unknown" : field(answer.reply));
}

std::string format_success_line(password_question const& question, std::string_view mechanism) {
  return fmt::format("auth success: {} [mech={}]", who(question), mechanism);
}

std::string format_cached_line(password_question const& question) {
  return fmt::format("auth success (cached): {}", who(question));
}

std::string format_lookup_line(password_question const& question, std::string_view what) {
  return fmt::format("[login={}] [service={}] [realm={}]: {}", field(question.login), field(question.service),
                     field(question.realm), what);
}

}  // namespace postern::auth::saslauthd
