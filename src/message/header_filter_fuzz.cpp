// Splitting the input changes nothing, the body comes out as it went in, and the body's offset is right.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "message/header_filter.hpp"

namespace {

using namespace postern::message;

struct outcome {
  std::string content;
  std::size_t body_offset = 0;
  header_facts facts;
};

outcome filter(header_policy const& policy, std::string_view input, std::size_t piece) {
  header_filter stage(policy);
  outcome out;
  for (std::size_t at = 0; at < input.size(); at += piece)
    stage.feed(std::string(input.substr(at, piece)), out.content);
  stage.finish(out.content);
  out.body_offset = stage.body_offset();
  out.facts = stage.facts();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size < 3) return 0;
  static std::vector<std::string> const dropped{"bcc", "x"};
  header_policy policy;
  policy.header_field_limit = data[0] + 8U;
  policy.drop = &dropped;
  policy.add_missing = data[1] % 2 == 1;
  policy.date = "today";
  policy.message_id = "<1@x>";
  std::string input;
  // The filter's input is what data_reader gives: whole lines, LF only behind CR.
  for (std::size_t i = 3; i < size; ++i) {
    auto const c = static_cast<char>(data[i]);
    if (c == '\r') continue;
    if (c == '\n') input += '\r';
    input += c;
  }
  if (!input.empty() && !input.ends_with("\r\n")) input += "\r\n";
  auto const whole = filter(policy, input, input.size() + 1);
  auto const split = filter(policy, input, data[2] % 16 + 1U);
  if (whole.content != split.content || whole.body_offset != split.body_offset ||
      whole.facts.message_id != split.facts.message_id || whole.facts.received_count != split.facts.received_count) {
    std::abort();
  }
  if (whole.body_offset > whole.content.size()) std::abort();
  auto const body = std::string_view(whole.content).substr(whole.body_offset);
  if (!std::string_view(input).ends_with(body)) std::abort();
  return 0;
}
