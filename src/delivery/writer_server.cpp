#include "delivery/writer_server.hpp"

#include "base/log.hpp"

namespace postern::delivery {
namespace {

constexpr auto unwind_limit = std::chrono::milliseconds(1000);
constexpr auto patience = std::chrono::hours(24);  // a writer without mail has nothing to say

}  // namespace

// One smtpd process.
struct writer_server::writer {
  writer(net::event_loop& loop, os::unique_fd socket) : channel(loop, std::move(socket)) {}
  ipc::channel channel;
  std::uint64_t pid = 0;
  std::optional<queue::segment_id> segment;
  std::uint64_t told_until = 0;  // notices of the segment came without a gap up to here
};

writer_server::writer_server(net::event_loop& loop, spool_keeper& keeper, commit_handler on_committed)
    : loop_(loop), keeper_(keeper), on_committed_(std::move(on_committed)), connections_(loop) {}

void writer_server::serve(os::unique_fd listening) {
  listener_ = std::make_unique<net::listener>(loop_, std::move(listening));
  connections_.spawn(listener_->accept_each([this](os::unique_fd socket) { serve_connection(std::move(socket)); }),
                     "accepting writers");
}

void writer_server::serve_connection(os::unique_fd socket) {
  connections_.spawn(talk(std::make_shared<writer>(loop_, std::move(socket))), "a writer");
}

net::task<bool> writer_server::stop() {
  if (listener_) listener_->stop();
  connections_.cancel_all();
  co_return co_await connections_.join(unwind_limit);
}

net::task<> writer_server::talk(std::shared_ptr<writer> with) {
  for (;;) {
    auto in = co_await with->channel.receive(patience);
    if (!in && in.error().problem == net::io_problem::timed_out) continue;
    if (!in) break;
    if (!co_await take(*with, std::move(*in))) {
      log::error("smtpd[{}] sent something that is no message to qmgr; the connection is closed", with->pid);
      break;
    }
  }
  // Notices may have been under way: only a scan knows them all.
  with->told_until = 0;
  retire_segment(*with);
}

net::task<bool> writer_server::take(writer& from, ipc::message in) {
  switch (static_cast<ipc::queue_message>(in.type)) {
    case ipc::queue_message::hello: {
      auto pid = ipc::parse_hello(in);
      if (!pid) log::error("{}", pid.error().text);
      if (pid) from.pid = *pid;
      co_return pid.has_value();
    }
    case ipc::queue_message::segment_wanted:
      co_await grant(from);
      co_return true;
    case ipc::queue_message::committed: {
      auto notice = ipc::parse_committed(in);
      if (!notice) co_return false;
      if (from.segment && from.segment->value == notice->segment) {
        from.told_until = std::max(from.told_until, notice->offset + notice->length);
      }
      on_committed_(*notice);
      co_return true;
    }
    case ipc::queue_message::segment:
    case ipc::queue_message::refused:
      break;
  }
  co_return false;
}

net::task<> writer_server::grant(writer& to) {
  retire_segment(to);
  auto granted = co_await keeper_.grant_segment();
  if (!granted) {
    log::error("no spool segment for smtpd[{}]: {}", to.pid, granted.error().text);
    to.channel.post(ipc::format_refused(granted.error().text));
    co_return;
  }
  to.segment = queue::segment_id{granted->grant.segment};
  to.told_until = 0;
  to.channel.post(ipc::format_segment(granted->grant, std::move(granted->append_only)));
}

// Commits may still be under way in the old segment, so nothing but a scan after the writer let go of it is sure.
void writer_server::retire_segment(writer& of) {
  if (!of.segment) return;
  keeper_.release_segment(*of.segment, of.told_until);
  of.segment.reset();
}

}  // namespace postern::delivery
