#include "queue/manager.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace postern::queue {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
constexpr segment_id one{1}, two{2};

struct fixture {
  manager_settings settings;
  manager of;
  wall_time const start{seconds(1767225600)};
  wall_time now = start;
  std::uint64_t next_offset = 0;
  manager_actions all;  ///< everything taken so far
  std::uint64_t saved = 0;

  static manager_settings small() {
    manager_settings settings;
    settings.destination_recipient_limit = 3;
    settings.relocate_below_live_percent = 50;
    return settings;
  }
  explicit fixture(manager_settings with = small())
      : settings(with),
        of(
            with, [](recipient const& to) { return route{"smtp", to.address.substr(to.address.find('@') + 1)}; },
            [] { return 0.0; }) {
    of.on_segment_opened(one);
  }

  stored_message make(std::vector<recipient> to, std::string sender = "joe@example.com") const {
    stored_message message;
    message.env.id = queue_id{next_offset + 1};
    message.env.arrival = now;
    message.env.sender = std::move(sender);
    message.env.recipients = std::move(to);
    message.content_size = 100;
    return message;
  }
  queue_id arrive(std::vector<recipient> to, std::string sender = "joe@example.com") {
    stored_message const message = make(std::move(to), std::move(sender));
    EXPECT_TRUE(of.on_message({one, next_offset}, message, nullptr, now));
    next_offset += 128;
    return message.env.id;
  }
  manager_actions take() {
    manager_actions actions = of.take_actions(now);
    saved = actions.state_number;
    return actions;
  }
  manager_actions take_saved() {
    manager_actions actions = take();
    of.on_state_saved(saved);
    return actions;
  }
  void answer(delivery_job const& job, delivery_outcome outcome, bool host_trouble = false,
              std::string const& reason = "4.0.0 so so") {
    delivery_result result{job.id, {}, host_trouble};
    for (std::uint32_t index : job.recipients) result.recipients.push_back({index, outcome, reason});
    of.on_delivery_result(result, now);
  }
  void pass(seconds time) {
    now += time;
    of.on_time(now);
  }
};

recipient to(std::string address, std::uint8_t wanted = 0) {
  return {std::move(address), {}, wanted, recipient_class::remote};
}

TEST(manager, a_delivered_message_is_done_and_its_segment_goes_after_the_save) {
  fixture f;
  f.arrive({to("a@x")});
  auto const jobs = f.take().deliveries;
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].nexthop, "x");
  EXPECT_EQ(jobs[0].recipients, std::vector<std::uint32_t>{0});
  f.answer(jobs[0], delivery_outcome::delivered);
  f.of.on_segment_closed(one, 1000);
  auto const actions = f.take();
  ASSERT_EQ(actions.state.size(), 1U);
  EXPECT_EQ(std::get<messages_done>(actions.state[0]), (messages_done{one, {0}}));
  EXPECT_TRUE(actions.removable.empty());
  EXPECT_EQ(f.of.counts().messages, 0U);
  f.of.on_state_saved(actions.state_number);
  EXPECT_EQ(f.take().removable, std::vector<segment_id>{one});
  f.of.on_segment_removed(one);
  EXPECT_EQ(std::get<segment_removed>(f.take().state.at(0)).segment, one);
  EXPECT_EQ(f.of.counts().segments, 0U);
}

TEST(manager, a_message_told_twice_is_one_message) {
  fixture f;
  stored_message const message = f.make({to("a@x")});
  EXPECT_TRUE(f.of.on_message({one, 0}, message, nullptr, f.now));
  EXPECT_FALSE(f.of.on_message({one, 0}, message, nullptr, f.now));
  auto const jobs = f.take().deliveries;
  EXPECT_EQ(jobs.size(), 1U);
  f.answer(jobs[0], delivery_outcome::delivered);
  EXPECT_FALSE(f.of.on_message({one, 0}, message, nullptr, f.now)) << "told again after its end";
}

TEST(manager, two_messages_with_one_id_are_two_messages) {
  fixture f;
  stored_message const message = f.make({to("a@x")});
  EXPECT_TRUE(f.of.on_message({one, 0}, message, nullptr, f.now));
  EXPECT_TRUE(f.of.on_message({one, 512}, message, nullptr, f.now));
  EXPECT_EQ(f.of.counts().messages, 2U);
  EXPECT_EQ(f.take().deliveries.size(), 2U);
}

TEST(manager, recipients_travel_by_destination_and_in_limited_groups) {
  fixture f;
  f.arrive({to("a@x"), to("b@y"), to("c@x"), to("d@x"), to("e@x")});
  std::map<std::string, std::vector<std::size_t>> sizes;
  for (auto const& job : f.take().deliveries) sizes[job.nexthop].push_back(job.recipients.size());
  EXPECT_EQ(sizes["x"], (std::vector<std::size_t>{3, 1}));
  EXPECT_EQ(sizes["y"], std::vector<std::size_t>{1});
}

TEST(manager, the_deferred_are_tried_again_and_only_they) {
  fixture f;
  f.arrive({to("a@x"), to("b@x")});
  auto const first = f.take().deliveries.at(0);
  f.of.on_delivery_result(
      {first.id, {{0, delivery_outcome::delivered, "2.0.0"}, {1, delivery_outcome::deferred, "4.2.0"}}}, f.now);
  auto const saved = std::get<message_status>(f.take().state.at(0));
  EXPECT_EQ(saved.attempts, 1);
  EXPECT_EQ(saved.recipients.size(), 2U);
  f.pass(seconds(299));
  EXPECT_TRUE(f.take().deliveries.empty());
  EXPECT_EQ(f.of.next_event(), f.start + seconds(300));
  f.pass(seconds(1));
  auto const again = f.take().deliveries;
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].recipients, std::vector<std::uint32_t>{1});
  EXPECT_EQ(again[0].attempts, 1);
}

TEST(manager, an_answer_for_an_unknown_delivery_is_ignored) {
  fixture f;
  f.arrive({to("a@x")});
  auto const job = f.take().deliveries.at(0);
  f.answer(job, delivery_outcome::delivered);
  f.answer(job, delivery_outcome::failed);
  f.of.on_delivery_lost(job.id, f.now);
  EXPECT_EQ(f.take().state.size(), 1U);
}

TEST(manager, a_lost_delivery_is_deferred) {
  fixture f;
  queue_id const id = f.arrive({to("a@x")});
  f.of.on_delivery_lost(f.take().deliveries.at(0).id, f.now);
  EXPECT_EQ(f.of.show(id)->where, message_summary::place::deferred);
  EXPECT_EQ(f.of.show(id)->pending.at(0).reason, "4.3.0 the delivery agent went away");
}

TEST(manager, a_failure_is_bounced_before_the_message_ends) {
  fixture f;
  f.arrive({to("a@x")});
  f.answer(f.take().deliveries.at(0), delivery_outcome::failed, false, "5.1.1 no such user");
  auto const actions = f.take();
  ASSERT_EQ(actions.notices.size(), 1U);
  EXPECT_EQ(actions.notices[0].kind, notice_kind::failure);
  EXPECT_EQ(actions.notices[0].recipients.at(0).reason, "5.1.1 no such user");
  EXPECT_EQ(std::get<message_status>(actions.state.at(0)).recipients.at(0).status, recipient_status::failed);
  EXPECT_EQ(f.of.counts().messages, 1U);
  f.of.on_notice_saved(actions.notices[0].id);
  EXPECT_EQ(f.of.counts().messages, 0U);
  EXPECT_TRUE(std::holds_alternative<messages_done>(f.take().state.at(0)));
  f.of.on_notice_saved(actions.notices[0].id);
  EXPECT_TRUE(f.take().state.empty());
}

TEST(manager, who_is_told_of_what) {
  struct row {
    char const* name;
    std::string sender;
    std::uint8_t wanted;
    delivery_outcome outcome;
    bool passed_on;
    std::size_t notices;
  };
  row const rows[] = {
      {"failure, nothing asked", "joe@x", 0, delivery_outcome::failed, false, 1},
      {"failure of a bounce", "", 0, delivery_outcome::failed, false, 0},
      {"failure, NOTIFY=NEVER", "joe@x", notify::never, delivery_outcome::failed, false, 0},
      {"failure, NOTIFY=SUCCESS", "joe@x", notify::success, delivery_outcome::failed, false, 0},
      {"failure, NOTIFY=FAILURE", "joe@x", notify::failure, delivery_outcome::failed, false, 1},
      {"success, nothing asked", "joe@x", 0, delivery_outcome::delivered, false, 0},
      {"success, NOTIFY=SUCCESS", "joe@x", notify::success, delivery_outcome::delivered, false, 1},
      {"success, NOTIFY=SUCCESS, the next hop tells", "joe@x", notify::success, delivery_outcome::delivered, true, 0},
      {"success of a bounce", "", notify::success, delivery_outcome::delivered, false, 0},
  };
  for (row const& at : rows) {
    fixture f;
    f.arrive({to("a@x", at.wanted)}, at.sender);
    auto const job = f.take().deliveries.at(0);
    f.of.on_delivery_result({job.id, {{0, at.outcome, "x", at.passed_on}}}, f.now);
    auto const notices = f.take().notices;
    EXPECT_EQ(notices.size(), at.notices) << at.name;
    for (auto const& notice : notices) f.of.on_notice_saved(notice.id);
    EXPECT_EQ(f.of.counts().messages, 0U) << at.name;
  }
}

TEST(manager, expiry_comes_after_a_last_attempt) {
  fixture f;
  f.arrive({to("a@x")});
  int attempts = 0;
  std::vector<notice_request> notices;
  while (notices.empty() && attempts < 1000) {
    auto const actions = f.take();
    notices = actions.notices;
    if (!notices.empty()) break;
    for (auto const& job : actions.deliveries) {
      ++attempts;
      f.answer(job, delivery_outcome::deferred);
    }
    if (auto const next = f.of.next_event(); actions.deliveries.empty() && next)
      f.pass(std::chrono::ceil<seconds>(*next - f.now));
  }
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_TRUE(notices[0].expired);
  EXPECT_EQ(f.now, f.start + f.settings.retry.maximal_queue_lifetime);
  EXPECT_GT(attempts, 100);
}

TEST(manager, a_dead_destination_parks_its_mail_and_it_expires_there) {
  fixture f;
  f.arrive({to("a@x")});
  for (int count = 0; count < 30; ++count) f.arrive({to("b@x")});
  for (int round = 0; round < 10; ++round) {
    for (auto const& job : f.take().deliveries) f.answer(job, delivery_outcome::deferred, true, "4.4.1 refused");
  }
  EXPECT_TRUE(f.take().deliveries.empty());
  queue_id const late = f.arrive({to("c@x")});
  EXPECT_TRUE(f.take().deliveries.empty());
  EXPECT_EQ(f.of.show(late)->where, message_summary::place::deferred);
  EXPECT_EQ(f.of.show(late)->pending.at(0).reason, "4.4.1 refused");

  std::size_t expired = 0;
  std::size_t attempts = 0;
  for (int round = 0; round < 2000 && f.of.counts().messages > 0; ++round) {
    f.pass(seconds(600));
    auto const actions = f.take();
    attempts += actions.deliveries.size();
    for (auto const& job : actions.deliveries) f.answer(job, delivery_outcome::deferred, true, "4.4.1 refused");
    for (auto const& notice : actions.notices) {
      expired += notice.expired ? 1 : 0;
      f.of.on_notice_saved(notice.id);
    }
  }
  EXPECT_EQ(expired, 32U);
  EXPECT_EQ(f.of.counts().messages, 0U);
  EXPECT_LT(attempts, 300U) << "a probe at a time, not all of the mail";
}

TEST(manager, a_delay_is_told_once_when_asked_for) {
  fixture f([] {
    manager_settings settings = fixture::small();
    settings.retry.delay_warning_time = seconds(4 * 3600);
    return settings;
  }());
  f.arrive({to("a@x"), to("b@x", notify::failure), to("c@x", notify::delay)});
  std::vector<notice_request> notices;
  for (int round = 0; round < 40; ++round) {
    auto actions = f.take();
    for (auto const& job : actions.deliveries) f.answer(job, delivery_outcome::deferred);
    std::ranges::move(actions.notices, std::back_inserter(notices));
    f.pass(seconds(900));
  }
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].kind, notice_kind::delay);
  EXPECT_EQ(notices[0].recipients.size(), 2U);
  f.of.on_notice_saved(notices[0].id);
  EXPECT_EQ(f.of.counts().messages, 1U);
}

TEST(manager, hold_release_flush_remove) {
  fixture f;
  queue_id const id = f.arrive({to("a@x")});
  ASSERT_TRUE(f.of.hold(id));
  EXPECT_TRUE(f.take().deliveries.empty());
  EXPECT_EQ(f.of.show(id)->where, message_summary::place::hold);
  EXPECT_FALSE(f.of.flush(id));
  EXPECT_EQ(f.of.flush_all({}), 0U);
  f.pass(hours(24 * 30));
  EXPECT_TRUE(f.take().deliveries.empty()) << "held mail does not expire";
  ASSERT_TRUE(f.of.release(id, f.now));
  auto const job = f.take().deliveries.at(0);
  EXPECT_EQ(f.of.show(id)->where, message_summary::place::active);
  f.answer(job, delivery_outcome::deferred);

  queue_id const other = f.arrive({to("a@y")});
  f.answer(f.take().deliveries.at(0), delivery_outcome::deferred, true);
  EXPECT_EQ(f.of.flush_all("y"), 1U);
  EXPECT_EQ(f.take().deliveries.size(), 1U);
  EXPECT_TRUE(f.of.remove(other)) << "also in flight";
  EXPECT_FALSE(f.of.show(other));
  EXPECT_EQ(f.of.counts().deliveries, 1U);
  for (queue_id const unknown : {other, queue_id{12345}}) {
    EXPECT_FALSE(f.of.remove(unknown) || f.of.hold(unknown) || f.of.release(unknown, f.now) || f.of.flush(unknown));
  }
}

TEST(manager, a_message_that_comes_on_hold_stays_released) {
  fixture f;
  auto message = f.make({to("a@x")});
  message.env.hold = "look at it";
  location const at{one, 0};
  ASSERT_TRUE(f.of.on_message(at, message, nullptr, f.now));
  EXPECT_EQ(f.of.show(message.env.id)->where, message_summary::place::hold);
  EXPECT_EQ(f.of.counts().held, 1U);
  EXPECT_TRUE(f.take().deliveries.empty());
  std::vector<state_entry> kept;
  f.of.snapshot([&kept](state_entry const& one_entry) { kept.push_back(one_entry); });
  EXPECT_TRUE(kept.empty()) << "it is as it came";

  ASSERT_TRUE(f.of.release(message.env.id, f.now));
  EXPECT_EQ(f.take().deliveries.size(), 1U);
  f.of.snapshot([&kept](state_entry const& one_entry) { kept.push_back(one_entry); });
  ASSERT_EQ(kept.size(), 1U);
  fixture after_restart;
  auto const& status = std::get<message_status>(kept.front());
  ASSERT_TRUE(after_restart.of.on_message(at, message, &status, after_restart.now));
  EXPECT_EQ(after_restart.take().deliveries.size(), 1U);
}

TEST(manager, a_filter_takes_all_recipients) {
  struct filter_case {
    std::string filter, transport, nexthop;
  };
  for (auto const& one_case : {filter_case{"scan:[127.0.0.1]:10024", "scan", "[127.0.0.1]:10024"},
                               filter_case{"scan:", "scan", "x"}, filter_case{"scan", "scan", "x"}}) {
    auto const way = decide_filter_route(one_case.filter, "a@x");
    EXPECT_EQ(way.transport, one_case.transport);
    EXPECT_EQ(way.nexthop, one_case.nexthop);
  }
  fixture f;
  auto message = f.make({to("a@x"), to("b@y")});
  message.env.filter = "scan:filter.example";
  ASSERT_TRUE(f.of.on_message({one, 0}, message, nullptr, f.now));
  auto const jobs = f.take().deliveries;
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].transport, "scan");
  EXPECT_EQ(jobs[0].recipients.size(), 2U);
}

TEST(manager, what_was_in_flight_when_it_was_removed_leaves_no_trace) {
  fixture f;
  queue_id const id = f.arrive({to("a@x")});
  auto const job = f.take().deliveries.at(0);
  EXPECT_TRUE(f.of.remove(id));
  EXPECT_EQ(f.take().state.size(), 1U);
  f.answer(job, delivery_outcome::deferred);
  EXPECT_TRUE(f.take().state.empty());
  EXPECT_EQ(f.of.counts().deliveries, 0U);
}

TEST(manager, held_in_flight_comes_to_rest) {
  fixture f;
  queue_id const id = f.arrive({to("a@x")});
  auto const job = f.take().deliveries.at(0);
  EXPECT_TRUE(f.of.hold(id));
  f.answer(job, delivery_outcome::deferred);
  f.pass(hours(5));
  EXPECT_TRUE(f.take().deliveries.empty());
}

TEST(manager, a_remembered_status_is_taken_up) {
  fixture f;
  stored_message const message = f.make({to("a@x"), to("b@x"), to("c@y")});
  message_status status{.at = {one, 0}, .id = message.env.id, .attempts = 3, .next_retry = f.now + seconds(50)};
  status.recipients = {{0, recipient_status::delivered, ""}, {2, recipient_status::failed, "5.0.0"}};
  EXPECT_TRUE(f.of.on_message({one, 0}, message, &status, f.now));
  auto const actions = f.take();
  EXPECT_TRUE(actions.deliveries.empty());
  ASSERT_EQ(actions.notices.size(), 1U) << "the bounce that was not written yet";
  f.pass(seconds(50));
  auto const jobs = f.take().deliveries;
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].recipients, std::vector<std::uint32_t>{1});
  EXPECT_EQ(jobs[0].attempts, 3);
}

TEST(manager, a_remembered_end_that_was_not_saved_is_saved) {
  fixture f;
  message_status status{.at = {one, 0}};
  status.recipients = {{0, recipient_status::delivered, ""}};
  EXPECT_TRUE(f.of.on_message({one, 0}, f.make({to("a@x")}), &status, f.now));
  EXPECT_TRUE(std::holds_alternative<messages_done>(f.take().state.at(0)));
}

// A segment with one deferred message among done ones, asked to be relocated.
struct sparse_fixture : fixture {
  queue_id kept;
  relocation_request request;
  sparse_fixture() {
    kept = arrive({to("a@x")});
    answer(take().deliveries.at(0), delivery_outcome::deferred);
    of.on_segment_closed(one, 100000);
    of.on_segment_opened(two);
    of.on_time(now);
    take_saved();
    pass(seconds(299));
    of.on_time(now);
    EXPECT_TRUE(take_saved().relocations.empty());
    now += seconds(1);
    request = take_saved().relocations.at(0);
  }
};

TEST(manager, a_relocated_message_lives_on_in_its_new_place) {
  sparse_fixture f;
  EXPECT_EQ(f.request.segment, one);
  EXPECT_TRUE(f.take_saved().relocations.empty()) << "asked for once";
  f.of.on_relocated(one, std::vector<relocated_message>{{f.kept, {one, 0}, {two, 640}}}, true);
  auto const actions = f.take();
  auto const moved = std::get<message_status>(actions.state.at(0));
  EXPECT_EQ(moved.at, (location{two, 640}));
  EXPECT_EQ(moved.moved_from, (location{one, 0}));
  EXPECT_TRUE(actions.removable.empty()) << "not before it is saved";
  f.of.on_state_saved(actions.state_number);
  EXPECT_EQ(f.take().removable, std::vector<segment_id>{one});
  f.of.on_time(f.now);
  EXPECT_EQ(f.take().deliveries.at(0).at, (location{two, 640}));
}

TEST(manager, a_message_that_ended_while_it_was_copied_stays_ended) {
  sparse_fixture f;
  EXPECT_TRUE(f.of.remove(f.kept));
  EXPECT_TRUE(f.take_saved().removable.empty()) << "its copy could come back";
  EXPECT_TRUE(f.take_saved().removable.empty());
  f.of.on_relocated(one, std::vector<relocated_message>{{f.kept, {one, 0}, {two, 640}}}, true);
  auto const actions = f.take();
  EXPECT_EQ(std::get<messages_done>(actions.state.at(0)), (messages_done{two, {640}}));
  EXPECT_TRUE(actions.removable.empty());
  f.of.on_state_saved(actions.state_number);
  EXPECT_EQ(f.take().removable, std::vector<segment_id>{one});
}

TEST(manager, a_failed_relocation_writes_its_copies_off) {
  sparse_fixture f;
  f.of.on_relocated(one, std::vector<relocated_message>{{f.kept, {one, 0}, {two, 640}}}, false);
  EXPECT_EQ(std::get<messages_done>(f.take_saved().state.at(0)), (messages_done{two, {640}}));
  EXPECT_EQ(f.of.show(f.kept)->at, (location{one, 0}));
  f.pass(seconds(600));
  EXPECT_EQ(f.take_saved().relocations.size(), 1U) << "tried again";
}

TEST(manager, a_snapshot_holds_what_is_not_as_it_came) {
  fixture f;
  f.arrive({to("fresh@x")});
  queue_id const held = f.arrive({to("held@x")});
  f.of.hold(held);
  queue_id const gone = f.arrive({to("gone@x")});
  f.of.remove(gone);
  std::vector<state_entry> entries;
  f.of.snapshot([&](state_entry const& entry) { entries.push_back(entry); });
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_TRUE(std::get<message_status>(entries[0]).held);
  EXPECT_EQ(std::get<messages_done>(entries[1]).offsets, std::vector<std::uint64_t>{256});
}

TEST(manager, system_mail_is_what_has_no_sender) {
  fixture f;
  for (int count = 0; count < 3; ++count) f.arrive({to("a@" + std::to_string(count))}, "");
  f.arrive({to("a@x")});
  EXPECT_EQ(f.take().deliveries.at(0).nexthop, "x");
}

}  // namespace
}  // namespace postern::queue
