#include "service/master/supervisor.hpp"

#include <fcntl.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/log.hpp"

namespace postern::service::master {
namespace {

std::string_view word(child::phase state) {
  switch (state) {
    case child::phase::starting:
      return "starting";
    case child::phase::serving:
      return "serving";
    case child::phase::stopping:
      return "stopping";
  }
  return "";
}

std::string join_addresses(service_plan const& plan) {
  std::string out;
  auto add = [&out](std::string const& text) { out += (out.empty() ? "" : ",") + text; };
  for (auto const& one : plan.inet) add(one.text());
  for (auto const& one : plan.unix_sockets) add(one);
  return out;
}

}  // namespace

void supervisor::apply(plan next, launch_context context) {
  ++generation_;
  told_all_serving_ = false;
  context_ = std::make_unique<launch_context>(std::move(context));
  services_.clear();
  auto longest = context_->settings.duration("service_throttle_time");
  for (auto& one : next.services) {
    auto key = one.key;
    services_.emplace(key, service{std::move(one), restart_schedule(longest), 0, false, {}});
  }
  for (auto& one : children_) {
    auto found = services_.find(one.service_key());
    if (found == services_.end() || found->second.plan.on_demand) {
      one.retire(context_->settings.duration("graceful_reload_time_limit"));
    } else if (found->second.plan.row->processes == process_count::sole) {
      one.stop(context_->settings.duration("graceful_stop_time_limit"));
    }
  }
  for (auto& [key, one] : services_) fill(one);
  check_all_serving();
}

void supervisor::fill(service& one) {
  if (stopping_ || one.start_pending) return;
  auto const& key = one.plan.key;
  if (one.plan.row->processes == process_count::sole && has_old(key)) return;
  if (one.plan.on_demand && count_current(key, false) == 0) return wait_for_demand(one);
  while (count_current(key, false) < one.plan.processes && !one.start_pending) start_child(one);
}

void supervisor::start_child(service& one) {
  auto started = launch(one.plan, *context_, sockets_);
  if (!started) {
    auto delay = one.schedule.on_death(std::chrono::milliseconds(0), false);
    log::error("service {}: {}; next attempt in {} ms", one.plan.name, started.error().text, delay.count());
    return start_later(one, delay);
  }
  log::debug("started {} (service {}) pid {}", one.plan.program, one.plan.name, started->process.pid);
  child::handlers to{[this](child& ready) { on_ready(ready); },
                     [this](child& ended, os::process_end end) { on_end(ended, end); },
                     [this](std::uint64_t watch, std::string_view line) {
                       auto found = watches_.find(watch);
                       if (found != watches_.end()) found->second.show(line);
                     }};
  children_.emplace_back(loop_, one.plan.key, generation_, std::move(*started), std::move(to));
}

void supervisor::start_later(service& one, std::chrono::milliseconds delay) {
  one.start_pending = true;
  loop_.every(std::max(delay, std::chrono::milliseconds(1)), [this, key = one.plan.key, generation = generation_] {
    auto found = services_.find(key);
    if (generation != generation_ || found == services_.end()) return false;
    found->second.start_pending = false;
    fill(found->second);
    return false;
  });
}

void supervisor::wait_for_demand(service& one) {
  if (!one.demand.empty()) return;
  for (auto const& name : one.plan.unix_sockets) {
    int const copy = ::fcntl(sockets_.find(name), F_DUPFD_CLOEXEC, 3);
    auto const& waiting = one.demand.emplace_back(std::make_unique<descriptor>(loop_.get_executor(), copy));
    waiting->async_wait(descriptor::wait_read, [this, key = one.plan.key, generation = generation_](auto error) {
      auto found = services_.find(key);
      if (error || generation != generation_ || stopping_ || found == services_.end()) return;
      if (found->second.demand.empty()) return;
      found->second.demand.clear();
      start_child(found->second);
    });
  }
}

unsigned supervisor::count_current(std::string const& key, bool serving_only) const {
  return static_cast<unsigned>(std::ranges::count_if(children_, [&](child const& one) {
    bool counts = serving_only ? one.state() == child::phase::serving : one.state() != child::phase::stopping;
    return one.service_key() == key && one.generation() == generation_ && counts;
  }));
}

bool supervisor::has_old(std::string const& key) const {
  return std::ranges::any_of(children_, [&](child const& one) {
    return one.service_key() == key && (one.generation() != generation_ || one.state() == child::phase::stopping);
  });
}

void supervisor::retire_old(std::string const& key) {
  auto limit = context_->settings.duration("graceful_reload_time_limit");
  for (auto& one : children_) {
    bool old = one.service_key() == key && one.generation() != generation_;
    if (old) one.retire(limit);
  }
}

std::uint64_t supervisor::begin_watch(std::string_view filter, std::function<void(std::string_view)> show) {
  auto number = ++last_watch_;
  watches_.emplace(number, watch{std::string(filter), std::move(show)});
  for (auto& one : children_) {
    if (one.served()) one.begin_watch(number, filter);
  }
  return number;
}

void supervisor::end_watch(std::uint64_t number) {
  watches_.erase(number);
  for (auto& one : children_) one.end_watch(number);
}

void supervisor::on_ready(child& ready) {
  for (auto const& [number, one] : watches_) ready.begin_watch(number, one.filter);
  if (ready.generation() == generation_ && !stopping_) retire_old(ready.service_key());
  check_all_serving();
}

void supervisor::check_all_serving() {
  if (told_all_serving_ || stopping_) return;
  bool all = std::ranges::all_of(services_, [this](auto const& item) {
    return item.second.plan.on_demand || count_current(item.first, true) > 0;
  });
  if (!all) return;
  told_all_serving_ = true;
  if (all_serving_) all_serving_();
}

void supervisor::log_end(child const& ended, os::process_end end, bool expected) const {
  auto name = ended.service_key().substr(0, ended.service_key().rfind('/'));
  auto found = services_.find(ended.service_key());
  auto program = found == services_.end() ? name : found->second.plan.program;
  if (expected && end.clean()) return log::debug("{} (service {}) pid {} has stopped", program, name, ended.pid());
  log::warning("process {} (service {}) pid {} ended: {}", program, name, ended.pid(), ended.explain(end));
}

void supervisor::on_end(child& ended, os::process_end end) {
  auto key = ended.service_key();
  bool current = ended.generation() == generation_;
  bool expected = ended.asked_to_stop();
  log_end(ended, end, expected);
  auto age = ended.age();
  bool served = ended.served();
  std::erase_if(children_, [&ended](child const& one) { return &one == &ended; });
  if (stopping_) return stop_next_group();
  auto found = services_.find(key);
  if (found == services_.end()) return;
  auto& one = found->second;
  if (current && !expected) {
    ++one.restarts;
    auto delay = one.schedule.on_death(age, served);
    if (delay.count() > 0) {
      log::warning("service {}: {} died early {} times in a row; next start in {} ms", one.plan.name, one.plan.program,
                   one.schedule.early_deaths(), delay.count());
      return start_later(one, delay);
    }
  }
  fill(one);
}

void supervisor::stop(std::function<void()> done) {
  stop_done_ = std::move(done);
  if (stopping_) return;
  stopping_ = true;
  for (auto& [key, one] : services_) one.demand.clear();
  stop_next_group();
}

void supervisor::stop_next_group() {
  auto limit = context_ ? context_->settings.duration("graceful_stop_time_limit") : std::chrono::seconds(0);
  auto is_front = [this](child const& one) {
    auto found = services_.find(one.service_key());
    return found != services_.end() && found->second.plan.is_front_end();
  };
  bool fronts_left = std::ranges::any_of(children_, is_front);
  for (auto& one : children_) {
    if (!fronts_left || is_front(one)) one.stop(limit);
  }
  if (children_.empty() && stop_done_) std::exchange(stop_done_, nullptr)();
}

void supervisor::kill_all() {
  for (auto& one : children_) one.kill();
}

std::vector<std::string> supervisor::status() const {
  std::vector<std::string> lines;
  for (auto const& [key, one] : services_) {
    auto head = fmt::format("{:<24} {:<6} {:<40}", one.plan.name, one.plan.program, join_addresses(one.plan));
    bool any = false;
    for (auto const& process : children_) {
      if (process.service_key() != key) continue;
      any = true;
      lines.push_back(fmt::format("{} pid {} {}{} up {} s sessions {} restarts {}", head, process.pid(),
                                  word(process.state()), process.generation() == generation_ ? "" : " (old)",
                                  process.age().count() / 1000, process.sessions(), one.restarts));
    }
    if (!any) lines.push_back(fmt::format("{} {}", head, one.start_pending ? "waits before its restart" : "idle"));
  }
  return lines;
}

}  // namespace postern::service::master
