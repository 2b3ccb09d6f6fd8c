#include "delivery/spool_keeper.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/log.hpp"

namespace postern::delivery {
namespace {

constexpr auto watch_interval = std::chrono::milliseconds(1000);

os::unique_fd duplicate(int fd) { return os::unique_fd(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

}  // namespace

void log_damage(queue::damage_report const& damage) {
  log::error("spool segment {}: {} octets at {} are damaged ({}); {}", queue::format_segment_id(damage.place.segment),
             damage.length, damage.place.offset, damage.why,
             damage.quarantined.empty() ? std::string("they could not be copied to quarantine")
                                        : "a copy is in " + damage.quarantined);
}

spool_keeper::spool_keeper(net::event_loop& loop, os::filesystem& disk, queue_settings const& settings, listener told)
    : loop_(loop),
      settings_(settings),
      told_(std::move(told)),
      spool_(disk, settings.spool_directory),
      workers_(loop, 1) {}

void spool_keeper::adopt(queue::scanned_segment const& segment) { released_.push_back({segment.id, 0}); }

net::task<result<queue::new_segment>> spool_keeper::create() {
  using outcome = std::shared_ptr<result<queue::new_segment>>;
  auto made = co_await workers_.run<outcome>(
      [this] { return std::make_shared<result<queue::new_segment>>(spool_.create_segment()); });
  if (*made) told_.on_opened((*made)->id);
  co_return std::move(*made);
}

net::task<result<queue::new_segment>> spool_keeper::own_segment() { co_return co_await create(); }

net::task<result<spool_keeper::granted>> spool_keeper::grant_segment() {
  auto made = co_await create();
  if (!made) co_return std::unexpected(made.error());
  granted out;
  out.grant = {made->id.value, made->writer.value, settings_.segment_octets};
  out.append_only = duplicate(made->file->descriptor());
  co_return out;
}

void spool_keeper::release_segment(queue::segment_id id, std::uint64_t told_until) {
  released_.push_back({id, told_until});
}

result<std::shared_ptr<os::read_file>> spool_keeper::open_segment(queue::segment_id id) {
  if (auto known = files_.find(id); known != files_.end()) return known->second;
  auto file = spool_.open_segment(id);
  if (!file) return std::unexpected(file.error());
  if (files_.size() >= files_max) files_.erase(files_.begin());
  return files_.emplace(id, std::shared_ptr<os::read_file>(std::move(*file))).first->second;
}

result<os::unique_fd> spool_keeper::open_for_delivery(queue::segment_id id) {
  auto file = open_segment(id);
  if (!file) return std::unexpected(file.error());
  auto copy = duplicate((*file)->descriptor());
  if (!copy) return fail_errno("duplicating a descriptor", errno);
  return copy;
}

void spool_keeper::remember(queue::location at, message_ptr message) {
  if (envelopes_.contains(at)) return;
  if (envelopes_.size() >= envelopes_max) {
    envelopes_.erase(envelope_order_.front());
    envelope_order_.pop_front();
  }
  envelope_order_.push_back(at);
  envelopes_.emplace(at, std::pair(std::move(message), std::prev(envelope_order_.end())));
}

void spool_keeper::forget_message(queue::location at) {
  auto known = envelopes_.find(at);
  if (known == envelopes_.end()) return;
  envelope_order_.erase(known->second.second);
  envelopes_.erase(known);
}

result<message_ptr> spool_keeper::read_message(queue::location at) {
  if (auto known = envelopes_.find(at); known != envelopes_.end()) return known->second.first;
  auto file = open_segment(at.segment);
  if (!file) return std::unexpected(file.error());
  auto body = queue::read_record(**file, at, queue::record_type::message);
  if (!body) return std::unexpected(body.error());
  auto parsed = queue::parse_message_record(*body, at);
  if (!parsed) {
    return fail(fmt::format("spool segment {}: the message record at {} is malformed",
                            queue::format_segment_id(at.segment), at.offset));
  }
  auto message = std::make_shared<queue::stored_message const>(std::move(*parsed));
  remember(at, message);
  return message;
}

net::task<result<>> spool_keeper::remove_segment(queue::segment_id id) {
  files_.erase(id);
  co_return co_await workers_.run<result<>>([this, id] { return spool_.remove_segment(id); });
}

spool_keeper::scan_outcome spool_keeper::scan(released which) {
  scan_outcome out;
  auto living = spool_.has_living_writer(which.id);
  out.living = !living || *living;
  if (out.living) return out;
  auto sink = [&](queue::found_message const& found) {
    out.messages.emplace_back(found.at, std::make_shared<queue::stored_message const>(found.message));
  };
  out.segment = queue::scan_segment(spool_, which.id, which.told_until, sink, out.damages);
  return out;
}

// True when the segment needs no more watching.
net::task<bool> spool_keeper::close_if_free(released which) {
  auto found = co_await workers_.run<std::shared_ptr<scan_outcome>>(
      [this, which] { return std::make_shared<scan_outcome>(scan(which)); });
  if (found->living) co_return false;
  for (auto const& damage : found->damages) log_damage(damage);
  for (auto const& [at, message] : found->messages) told_.on_message(at, message);
  if (!found->segment.readable) {
    log::error("spool segment {} cannot be read; it is kept", queue::format_segment_id(which.id));
    co_return true;
  }
  told_.on_closed(which.id, found->segment.scanned_until);
  co_return true;
}

net::task<> spool_keeper::watch() {
  for (;;) {
    for (auto one = released_.begin(); one != released_.end();) {
      bool closed = co_await close_if_free(*one);
      one = closed ? released_.erase(one) : std::next(one);
    }
    co_await loop_.sleep(watch_interval);
  }
}

}  // namespace postern::delivery
