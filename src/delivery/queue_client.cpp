#include "delivery/queue_client.hpp"

#include "net/stream.hpp"
#include "net/task_scope.hpp"

namespace postern::delivery {
namespace {

constexpr auto answer_limit = std::chrono::seconds(60);
constexpr auto connect_limit = std::chrono::seconds(5);
using outcome = std::optional<result<ipc::admin_done>>;

net::task<result<ipc::admin_done>> converse(net::event_loop& loop, std::string path, ipc::admin_request request,
                                            queue_answers const& answers) {
  auto connected = co_await net::connect_unix(loop, path, connect_limit);
  if (!connected) co_return fail("the queue manager does not answer at " + path + ": " + connected.error().text);
  ipc::channel channel(loop, (*connected)->release());
  channel.post(ipc::format_admin_request(request));
  for (;;) {
    auto in = co_await channel.receive(answer_limit);
    if (!in) co_return fail(path + ": " + in.error().text);
    switch (static_cast<ipc::admin_message>(in->type)) {
      case ipc::admin_message::row:
        if (auto row = ipc::parse_queue_row(*in); row && answers.on_row) answers.on_row(*row);
        break;
      case ipc::admin_message::text:
        if (auto text = ipc::parse_admin_text(*in); text && answers.on_text) answers.on_text(*text);
        break;
      default:
        co_return ipc::parse_admin_done(*in);
    }
  }
}

net::task<> keep(net::event_loop& loop, std::string path, ipc::admin_request request, queue_answers const& answers,
                 outcome& into) {
  into = co_await converse(loop, std::move(path), std::move(request), answers);
}

}  // namespace

result<ipc::admin_done> ask_queue(std::string const& socket_path, ipc::admin_request const& request,
                                  queue_answers const& answers) {
  net::event_loop loop;
  net::task_scope scope(loop);
  outcome answer;
  scope.spawn(keep(loop, socket_path, request, answers, answer), "asking qmgr");
  while (scope.size() > 0) loop.context().run_one();
  return std::move(*answer);
}

}  // namespace postern::delivery
