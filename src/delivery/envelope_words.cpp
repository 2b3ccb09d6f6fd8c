#include "delivery/envelope_words.hpp"

#include "base/text.hpp"
#include "message/dsn.hpp"

namespace postern::delivery {
namespace {

struct notify_word {
  message::notify_on bit;
  std::string_view word;
};
constexpr notify_word words[] = {{message::notify_on::never, "NEVER"},
                                 {message::notify_on::success, "SUCCESS"},
                                 {message::notify_on::failure, "FAILURE"},
                                 {message::notify_on::delay, "DELAY"}};

}  // namespace

std::string format_notify(std::uint8_t bits) {
  std::string out;
  for (auto const& one : words) {
    if ((bits & static_cast<std::uint8_t>(one.bit)) == 0) continue;
    if (!out.empty()) out += ',';
    out += one.word;
  }
  return out;
}

std::uint8_t parse_notify(std::string_view text) {
  std::uint8_t bits = 0;
  for (auto word : split_any(text, ", ")) {
    for (auto const& one : words) {
      if (iequals(word, one.word)) bits = static_cast<std::uint8_t>(bits | static_cast<std::uint8_t>(one.bit));
    }
  }
  return bits;
}

smtp::dsn_return parse_ret(std::string_view text) {
  if (iequals(text, "FULL")) return smtp::dsn_return::full;
  if (iequals(text, "HDRS")) return smtp::dsn_return::headers;
  return smtp::dsn_return::unset;
}

}  // namespace postern::delivery
