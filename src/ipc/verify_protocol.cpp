#include "ipc/verify_protocol.hpp"

#include "ipc/codec.hpp"

namespace postern::ipc {
namespace {

constexpr auto patience_max = std::chrono::hours(24);

std::unexpected<failure> malformed(char const* what) {
  return fail(std::string("malformed message from another program: ") + what);
}

}  // namespace

message format_verify_query(verify_query const& query) {
  encoder to;
  to.put(query.number).put(query.address).put(static_cast<std::uint64_t>(query.patience.count()));
  return {static_cast<std::uint16_t>(verify_message::query), to.take(), {}};
}

result<verify_query> parse_verify_query(message const& in) {
  decoder from(in.body);
  verify_query out;
  out.number = from.take_number();
  out.address = from.take_text();
  auto const patience = from.take_number();
  bool const right = in.type == static_cast<std::uint16_t>(verify_message::query) && from.good();
  constexpr auto most = static_cast<std::uint64_t>(std::chrono::milliseconds(patience_max).count());
  if (!right || patience > most) return malformed("verify query");
  out.patience = std::chrono::milliseconds(patience);
  return out;
}

message format_verify_answer(verify_answer const& answer) {
  encoder to;
  to.put(answer.number).put(static_cast<std::uint64_t>(answer.status)).put(answer.text);
  return {static_cast<std::uint16_t>(verify_message::answer), to.take(), {}};
}

result<verify_answer> parse_verify_answer(message const& in) {
  decoder from(in.body);
  verify_answer out;
  out.number = from.take_number();
  auto const status = from.take_number();
  out.text = from.take_text();
  bool const right = in.type == static_cast<std::uint16_t>(verify_message::answer) && from.good();
  if (!right || status > static_cast<std::uint64_t>(verify_status::in_progress)) return malformed("verify answer");
  out.status = static_cast<verify_status>(status);
  return out;
}

}  // namespace postern::ipc
