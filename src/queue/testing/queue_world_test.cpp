// The queue of the crash tests; what it shows is asserted in power_loss_test.cpp.
#include "queue/testing/queue_world.hpp"

#include <gtest/gtest.h>

#include "queue/message_record.hpp"
#include "queue/relocate.hpp"
#include "queue/restore.hpp"

namespace postern::queue::testing {
namespace {

constexpr builder_limits small_records{.inline_content_max = 256, .chunk_content_max = 512};
constexpr state_log_limits small_log{.log_octets_before_snapshot = 1500};
wall_time const epoch{std::chrono::seconds(1767225600)};
constexpr auto later = std::chrono::hours(1);

manager_settings world_settings() {
  manager_settings settings;
  settings.relocate_below_live_percent = 60;
  return settings;
}

route route_all(recipient const& to) { return {"smtp", to.address.substr(0, to.address.find('-')) + ".example"}; }

std::string make_content(queue_id id, std::size_t size) {
  std::string content = "Subject: " + format_queue_id(id) + "\r\n\r\n";
  while (content.size() < size) content += "The quick brown fox.\r\n";
  return content;
}

std::string read_content(os::read_file& file, stored_message const& message) {
  std::string content(message.content_size, '\0');
  content_reader reader(file, message.content);
  EXPECT_EQ(reader.read(content).value_or(0), content.size());
  return content;
}

}  // namespace

queue_world::queue_world(power_loss_filesystem& disk, queue_history& history, std::chrono::seconds start)
    : disk_(disk),
      history_(history),
      spool_(disk, "/spool"),
      ids_(writer_number{0}),
      start_(epoch),
      now_(epoch + start) {}

bool queue_world::boot() {
  if (!spool_.prepare()) return false;
  manager_ = std::make_unique<manager>(world_settings(), route_all, [] { return 0.5; });
  auto const found = restore(*manager_, spool_, now_);
  if (!found) return false;
  at_.clear();
  manager_->list([this](message_summary const& summary) { at_[summary.at] = summary.id; });
  state_log_ = std::make_unique<state_log>(disk_, spool_.state_directory(), found->state, small_log);
  return true;
}

segment_writer* queue_world::writer_for(std::unique_ptr<segment_writer>& slot) {
  if (slot || !is_up()) return slot.get();
  auto segment = spool_.create_segment();
  if (!segment) return nullptr;
  manager_->on_segment_opened(segment->id);
  slot = std::make_unique<segment_writer>(std::move(segment->file), segment->id);
  return slot.get();
}

// As the queue manager does when a connection ends: what the segment holds and nobody told of is taken from it.
void queue_world::abandon(std::unique_ptr<segment_writer>& slot) {
  if (!slot) return;
  segment_id const id = slot->id();
  slot.reset();
  std::vector<damage_report> damages;
  auto const take = [&](found_message const& found) {
    if (manager_->on_message(found.at, found.message, nullptr, now_)) at_[found.at] = found.message.env.id;
  };
  auto const scanned = scan_segment(spool_, id, 0, take, damages);
  if (scanned.readable) manager_->on_segment_closed(id, scanned.scanned_until);
}

void queue_world::change_segment() { abandon(user_segment_); }

void queue_world::drop_writers() {
  abandon(user_segment_);
  abandon(system_segment_);
}

envelope queue_world::make_envelope(std::vector<std::string> const& recipients, std::string sender) {
  envelope env;
  env.id = ids_.next(now_);
  env.arrival = now_;
  env.sender = std::move(sender);
  for (std::string const& address : recipients) env.recipients.push_back({address, {}, 0, recipient_class::remote});
  return env;
}

result<queue_world::submitted> queue_world::submit(segment_writer& to, envelope const& env,
                                                   std::string const& content) {
  history_.tried.insert(env.id);
  history_.content[env.id] = content;
  history_.recipients[env.id] = env.recipients.size();
  message_builder builder(env, small_records);
  builder.append(content);
  while (builder.chunk_ready()) {
    auto const placed = to.append(builder.take_chunk());
    if (!placed) return std::unexpected(placed.error());
    builder.on_chunk_placed(*placed);
  }
  auto const placed = to.append(builder.finish(0));
  if (!placed) return std::unexpected(placed.error());
  return submitted{env.id, *placed};
}

void queue_world::acknowledge(submitted const& what) {
  history_.acknowledged.insert(what.id);
  auto const file = spool_.open_segment(what.at.segment);
  if (!file) return;  // the scan at the segment's end finds it
  auto const body = read_record(**file, what.at, record_type::message);
  if (!body) return;
  at_[what.at] = what.id;
  manager_->on_message(what.at, parse_message_record(*body, what.at).value(), nullptr, now_);
}

std::optional<queue_id> queue_world::accept_into(std::unique_ptr<segment_writer>& slot, envelope const& env,
                                                 std::string const& content) {
  segment_writer* const to = writer_for(slot);
  if (to == nullptr) return {};
  auto const written = submit(*to, env, content);
  if (!written || !to->sync()) {
    if (!disk_.is_off()) abandon(slot);
    return {};
  }
  acknowledge(*written);
  return env.id;
}

std::optional<queue_id> queue_world::accept(std::vector<std::string> const& recipients, std::size_t content_size) {
  envelope const env = make_envelope(recipients, "sender@example.com");
  return accept_into(user_segment_, env, make_content(env.id, content_size));
}

void queue_world::accept_together(std::vector<std::vector<std::string>> const& recipients) {
  segment_writer* const to = writer_for(user_segment_);
  if (to == nullptr) return;
  std::vector<submitted> waiting;
  for (auto const& some : recipients) {
    envelope const env = make_envelope(some, "sender@example.com");
    if (auto const written = submit(*to, env, make_content(env.id, 200))) waiting.push_back(*written);
  }
  if (!to->sync()) {
    if (!disk_.is_off()) abandon(user_segment_);
    return;
  }
  for (submitted const& what : waiting) acknowledge(what);
}

void queue_world::pass(std::chrono::seconds time) {
  now_ += time;
  if (!is_up() || disk_.is_off()) return;
  manager_->on_time(now_);
  pump();
  manager_->on_time(now_);
  pump();
}

void queue_world::pump() {
  for (int round = 0; round < 100 && is_up() && !disk_.is_off(); ++round) {
    manager_actions actions = manager_->take_actions(now_);
    bool const idle = actions.state.empty() && actions.deliveries.empty() && actions.notices.empty() &&
                      actions.removable.empty() && actions.relocations.empty() && unsaved_.empty() &&
                      removable_.empty() && notices_.empty();
    if (idle) return;
    std::ranges::move(actions.state, std::back_inserter(unsaved_));
    unsaved_number_ = actions.state_number;
    std::ranges::move(actions.removable, std::back_inserter(removable_));
    std::ranges::move(actions.notices, std::back_inserter(notices_));
    for (delivery_job const& job : actions.deliveries) deliver(job);
    for (relocation_request const& request : actions.relocations) relocate(request);
    std::erase_if(notices_, [this](notice_request const& notice) { return write_notice(notice); });
    save_state();
    remove_segments();
    snapshot_if_due();
  }
}

bool queue_world::save_state() {
  if (unsaved_.empty()) return true;
  if (!state_log_->save(unsaved_)) return false;
  for (state_entry const& entry : unsaved_) note_saved(entry);
  unsaved_.clear();
  manager_->on_state_saved(unsaved_number_);
  return true;
}

void queue_world::note_saved(state_entry const& entry) {
  auto const* done = std::get_if<messages_done>(&entry);
  if (done == nullptr) return;
  for (std::uint64_t const offset : done->offsets) {
    auto const known = at_.find({done->segment, offset});
    if (known != at_.end()) history_.end_saved.insert(known->second);
  }
}

void queue_world::remove_segments() {
  std::erase_if(removable_, [this](segment_id id) {
    if (!spool_.remove_segment(id)) return false;
    manager_->on_segment_removed(id);
    return true;
  });
}

void queue_world::deliver(delivery_job const& job) {
  EXPECT_TRUE(history_.may_repeat || !history_.end_saved.contains(job.message))
      << "delivered again: " << format_queue_id(job.message);
  auto const file = spool_.open_segment(job.at.segment);
  auto const body = file ? read_record(**file, job.at, record_type::message) : result<std::string>(fail("closed"));
  auto const message = body ? parse_message_record(*body, job.at) : std::nullopt;
  if (!message) {
    manager_->on_delivery_lost(job.id, now_);
    return;
  }
  EXPECT_EQ(message->env.id, job.message);
  EXPECT_EQ(read_content(**file, *message), history_.content[job.message]);
  delivery_result result{job.id, {}, false};
  for (std::uint32_t const index : job.recipients) {
    std::string const& address = message->env.recipients.at(index).address;
    bool const wait = address.starts_with("later") && now_ < start_ + later;
    auto const outcome = address.starts_with("bad") ? delivery_outcome::failed
                         : wait                     ? delivery_outcome::deferred
                                                    : delivery_outcome::delivered;
    result.recipients.push_back({index, outcome, "4.0.0 or so"});
    if (outcome == delivery_outcome::delivered) history_.ended[job.message].insert(index);
  }
  manager_->on_delivery_result(result, now_);
}

bool queue_world::write_notice(notice_request const& notice) {
  envelope const env = make_envelope({"later-sender"}, "");
  if (!accept_into(system_segment_, env, make_content(env.id, 100))) return false;
  for (recipient_progress const& told : notice.recipients) history_.ended[notice.message].insert(told.index);
  manager_->on_notice_saved(notice.id);
  return true;
}

void queue_world::relocate(relocation_request const& request) {
  segment_writer* const to = writer_for(system_segment_);
  if (to == nullptr) {
    manager_->on_relocated(request.segment, {}, true);
    return;
  }
  auto const outcome = relocate_segment(spool_, request.segment, request.done, *to);
  manager_->on_relocated(request.segment, outcome.copies, !outcome.error);
  for (relocated_message const& copy : outcome.copies) {
    auto const summary = manager_->show(copy.id);
    if (summary && summary->at == copy.to) at_[copy.to] = copy.id, at_.erase(copy.from);
  }
  relocations_ += outcome.copies.size();
  if (outcome.error && !disk_.is_off()) abandon(system_segment_);
}

void queue_world::snapshot_if_due() {
  if (!state_log_->wants_snapshot() || !unsaved_.empty()) return;
  snapshot_text text([this](auto const& each) { manager_->snapshot(each); });
  if (state_log_->save_snapshot(std::move(text))) ++snapshots_;
}

void queue_world::list(std::function<void(queue_id)> const& each) const {
  if (manager_) manager_->list([&](message_summary const& summary) { each(summary.id); });
}

}  // namespace postern::queue::testing
