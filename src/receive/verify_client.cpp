#include "receive/verify_client.hpp"

#include "base/log.hpp"
#include "net/stream.hpp"

namespace postern::receive {

std::optional<ipc::verify_answer> verify_client::away(std::string_view why) {
  if (!std::exchange(is_away_, true)) log::warning("addresses cannot be verified: {}: {}", socket_path_, why);
  return std::nullopt;
}

net::task<std::optional<ipc::verify_answer>> verify_client::ask(std::string address,
                                                                std::chrono::milliseconds patience) {
  auto connected = co_await net::connect_unix(loop_, socket_path_, answer_grace);
  if (!connected) co_return away(connected.error().text);
  ipc::channel to(loop_, (*connected)->release());
  to.post(ipc::format_verify_query({1, std::move(address), patience}));
  auto in = co_await to.receive(patience + answer_grace);
  if (!in) co_return away(in.error().text);
  auto said = ipc::parse_verify_answer(*in);
  if (!said) co_return away(said.error().text);
  is_away_ = false;
  co_return std::move(*said);
}

net::task<policy::probe_answer> ask_probe(verify_client* whom, policy::probe_question asked) {
  using status = policy::probe_answer::status;
  std::optional<ipc::verify_answer> said;
  if (whom != nullptr) said = co_await whom->ask(std::move(asked.address), asked.patience);
  if (!said) co_return policy::probe_answer{status::unavailable, "addresses cannot be probed"};
  auto what = status::not_known_yet;
  if (said->status == ipc::verify_status::deliverable) what = status::deliverable;
  if (said->status == ipc::verify_status::undeliverable) what = status::undeliverable;
  co_return policy::probe_answer{what, std::move(said->text)};
}

}  // namespace postern::receive
