#include "delivery/queue_service.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "delivery/random_below.hpp"
#include "queue/restore.hpp"

namespace postern::delivery {
namespace {

constexpr auto tick = std::chrono::milliseconds(1000);

wall_time now() { return std::chrono::system_clock::now(); }

std::string format_session(std::string const& session) {
  return session.empty() ? std::string{} : fmt::format(", session={}", session);
}

void log_active(queue::stored_message const& message) {
  log::info("{}: from=<{}>, size={}, nrcpt={}{} (queue active)", queue::format_queue_id(message.env.id),
            printable(message.env.sender), message.content_size, message.env.recipients.size(),
            format_session(message.env.session.session_id));
}

}  // namespace

queue_service::queue_service(net::event_loop& loop, os::filesystem& disk, queue_settings settings, router routes)
    : loop_(loop),
      settings_(std::move(settings)),
      routes_(std::move(routes)),
      manager_(
          settings_.manager, [this](queue::recipient const& to) { return routes_.decide_route(to.address, to.klass); },
          random_fraction),
      keeper_(loop, disk, settings_,
              {.on_opened = [this](queue::segment_id id) { manager_.on_segment_opened(id); },
               .on_message = [this](queue::location at, message_ptr const& message) { on_message(at, message); },
               .on_closed =
                   [this](queue::segment_id id, std::uint64_t size) {
                     manager_.on_segment_closed(id, size);
                     kick();
                   }}),
      own_mail_(loop, keeper_, routes_, settings_,
                {.on_notice_saved = [this](queue::notice_request const& notice,
                                           std::optional<queue::location> where) { on_notice_saved(notice, where); },
                 .on_relocated =
                     [this](queue::segment_id from, std::span<queue::relocated_message const> copies, bool durable) {
                       manager_.on_relocated(from, copies, durable);
                       kick();
                     },
                 .on_letter_saved = [this](queue::location where) { on_own_message(where); }}),
      writers_(loop, keeper_, [this](ipc::committed_notice const& notice) { on_committed(notice); }),
      tasks_(loop) {}

result<> queue_service::recover() {
  if (auto ready = keeper_.spool().prepare(); !ready) return ready;
  auto found = queue::restore(manager_, keeper_.spool(), now());
  if (!found) return std::unexpected(found.error());
  log_recovery(*found);
  for (auto const& segment : found->segments) {
    if (segment.living_writer) keeper_.adopt(segment);
  }
  queue::state_log log(keeper_.spool().disk(), keeper_.spool().state_directory(), found->state);
  saver_ = std::make_unique<state_saver>(
      loop_, std::move(log), [this](auto const& each) { manager_.snapshot(each); },
      [this](std::uint64_t number) {
        manager_.on_state_saved(number);
        kick();
      });
  constexpr std::size_t many_files = 4;
  if (found->state.files.size() > many_files) saver_->begin_snapshot();
  return {};
}

void queue_service::log_recovery(queue::recovery const& found) {
  for (auto const& report : found.state_reports) log::warning("queue state {}: {}", report.file, report.what);
  for (auto const& damage : found.damages) log_damage(damage);
  for (auto const& at : found.lost) {
    log::error("spool segment {}: the message record at {} that the queue's state names is not whole",
               queue::format_segment_id(at.segment), at.offset);
  }
  auto counts = manager_.counts();
  log::info("recovered the queue: {} messages ({} on hold) in {} segments", counts.messages, counts.held,
            found.segments.size());
}

void queue_service::serve_writers(os::unique_fd listening) { writers_.serve(std::move(listening)); }
void queue_service::serve_writer(os::unique_fd socket) { writers_.serve_connection(std::move(socket)); }

void queue_service::start(std::unordered_map<std::string, std::string> const& transports) {
  for (auto const& [name, path] : transports) {
    transport_link::listener told{
        .on_answer = [this](ipc::delivery_answer const& answer) { on_answer(answer); },
        .on_lost = [this](std::uint64_t request, std::string const& why) { on_lost(request, why); }};
    auto& link = links_[name] = std::make_unique<transport_link>(loop_, path, std::move(told));
    tasks_.spawn(link->run(), "transport " + name);
  }
  tasks_.spawn(keeper_.watch(), "watching segments");
  loop_.every(tick, [this, alive = alive_] {
    if (!*alive) return false;
    turn();
    return true;
  });
  kick();
}

void queue_service::kick() {
  if (std::exchange(turn_due_, true)) return;
  loop_.post([this, alive = alive_] {
    if (*alive) turn();
  });
}

void queue_service::turn() {
  turn_due_ = false;
  if (stopping_ || !saver_) return;
  manager_.on_time(now());
  auto actions = manager_.take_actions(now());
  if (!actions.state.empty()) saver_->add(std::move(actions.state), actions.state_number);
  for (auto& job : actions.deliveries) dispatch(std::move(job));
  for (auto& notice : actions.notices) own_mail_.add(std::move(notice));
  for (auto& relocation : actions.relocations) own_mail_.add(std::move(relocation));
  for (auto id : actions.removable) tasks_.spawn(remove_segment(id), "removing a segment");
}

net::task<> queue_service::remove_segment(queue::segment_id id) {
  auto removed = co_await keeper_.remove_segment(id);
  if (removed) {
    manager_.on_segment_removed(id);
  } else {
    log::error("spool segment {} is done but cannot be removed: {}", queue::format_segment_id(id),
               removed.error().text);
  }
  kick();
}

void queue_service::on_committed(ipc::committed_notice const& notice) {
  queue::location at{queue::segment_id{notice.segment}, notice.offset};
  auto message = keeper_.read_message(at);
  if (!message) {
    // It is durable: the scan at the segment's end, or the next start, finds it.
    log::error("a committed message cannot be read back now: {}", message.error().text);
    return;
  }
  on_message(at, *message);
}

void queue_service::on_message(queue::location at, message_ptr const& message) {
  if (!manager_.on_message(at, *message, nullptr, now())) return;
  if (!message->env.hold) log_active(*message);
  kick();
}

void queue_service::log_removed(queue::queue_id id) { log::info("{}: removed", queue::format_queue_id(id)); }

void queue_service::on_own_message(queue::location where) {
  if (auto message = keeper_.read_message(where)) {
    on_message(where, *message);
  } else {
    log::error("a notice cannot be read back now: {}", message.error().text);
  }
}

void queue_service::on_notice_saved(queue::notice_request const& notice, std::optional<queue::location> where) {
  if (where) on_own_message(*where);
  manager_.on_notice_saved(notice.id);
  if (!manager_.show(notice.message)) {
    log_removed(notice.message);
    keeper_.forget_message(notice.at);
  }
  kick();
}

net::task<bool> queue_service::stop(std::chrono::milliseconds within) {
  stopping_ = true;
  (void)co_await writers_.stop();
  auto until = std::chrono::steady_clock::now() + within;
  constexpr auto pause = std::chrono::milliseconds(20);
  while (!jobs_.empty() && std::chrono::steady_clock::now() < until) co_await loop_.sleep(pause);
  bool done = jobs_.empty();
  constexpr auto disk_limit = std::chrono::milliseconds(2000);
  // What the last answers told is saved; deliveries that this would start are not.
  auto actions = manager_.take_actions(now());
  for (auto& notice : actions.notices) own_mail_.add(std::move(notice));
  co_await own_mail_.finish(disk_limit);
  auto last = manager_.take_actions(now());
  std::ranges::move(last.state, std::back_inserter(actions.state));
  if (saver_) {
    saver_->add(std::move(actions.state), last.state_number);
    done = co_await saver_->finish(disk_limit) && done;
  }
  tasks_.cancel_all();
  co_return co_await tasks_.join(disk_limit) && done;
}

}  // namespace postern::delivery
