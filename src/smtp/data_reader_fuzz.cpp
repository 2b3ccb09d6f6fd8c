// Splitting the input changes nothing: the content, its end and its facts are those of the whole.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "smtp/data_reader.hpp"

namespace {

using namespace postern::smtp;

struct outcome {
  std::string content;
  std::size_t consumed = 0;
  bool ended = false;
  body_facts facts;
};

outcome read(body_rules const& rules, std::string_view input, std::size_t piece) {
  data_reader reader(rules);
  outcome out;
  for (std::size_t at = 0; at < input.size() && !out.ended; at += piece) {
    std::string const buffer(input.substr(at, piece));
    std::vector<std::string_view> pieces;
    auto const progress = reader.feed(buffer, pieces);
    for (auto const view : pieces) out.content += view;
    out.consumed += progress.consumed;
    out.ended = progress.ended;
  }
  out.facts = reader.facts();
  return out;
}

void demand(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size < 2) return 0;
  body_rules const rules{.newline = static_cast<bare_newline>(data[0] % 3), .replace_bare_cr = true, .size_limit = 0};
  std::size_t const piece = data[1] % 16 + 1;
  std::string const input(reinterpret_cast<char const*>(data) + 2, size - 2);  // NOLINT: libFuzzer hands out octets
  auto const whole = read(rules, input, input.size() + 1);
  auto const split = read(rules, input, piece);
  demand(whole.content == split.content && whole.ended == split.ended && whole.consumed == split.consumed);
  demand(whole.facts.size == whole.content.size() && whole.facts.bare_line_feed == split.facts.bare_line_feed &&
         whole.facts.bare_carriage_return == split.facts.bare_carriage_return);
  // No LF without CR and no CR without LF is left, and with the safe rules nothing but CRLF . CRLF was the end.
  for (std::size_t i = 0; i < whole.content.size(); ++i) {
    if (whole.content[i] == '\n') demand(i > 0 && whole.content[i - 1] == '\r');
    if (whole.content[i] == '\r' && whole.ended) demand(i + 1 < whole.content.size() && whole.content[i + 1] == '\n');
  }
  if (whole.ended && rules.newline != bare_newline::accept) {
    auto const end = "\r\n" + input.substr(0, whole.consumed);
    demand(end.ends_with("\r\n.\r\n"));
  }
  return 0;
}
