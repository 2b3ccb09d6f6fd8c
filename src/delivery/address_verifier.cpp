#include "delivery/address_verifier.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"

namespace postern::delivery {
namespace {

constexpr std::string_view not_known_yet = "Address verification in progress";

wall_time now() { return std::chrono::system_clock::now(); }

// Case counts in a local-part, as far as anybody but its own host knows. [RFC 5321 §2.4]
std::string make_key(std::string_view address) {
  auto const at = std::min(address.rfind('@'), address.size());
  return std::string(address.substr(0, at)) + lowercase(address.substr(at));
}

}  // namespace

address_verifier::address_verifier(net::event_loop& loop, maps::keeper& memory, verifier_settings settings,
                                   prober probe)
    : loop_(loop), memory_(memory), settings_(settings), probe_(std::move(probe)), probes_(loop) {}

std::optional<probe_record> address_verifier::recall(std::string const& key) const {
  if (key.size() > address_octets_max) return std::nullopt;
  auto const text = memory_.find(key);
  auto record = text ? parse_probe_record(*text) : std::nullopt;
  if (record && is_expired(*record, settings_.ages, now())) record.reset();
  return record;
}

net::task<ipc::verify_answer> address_verifier::ask(ipc::verify_query query) {
  auto const key = make_key(query.address);
  auto known = recall(key);
  if (known) {
    if (is_stale(*known, settings_.ages, now())) begin_probe(key, query.address, nullptr);
    co_return ipc::verify_answer{query.number, known->status, std::move(known->text)};
  }
  ipc::verify_answer out{query.number, ipc::verify_status::in_progress, std::string(not_known_yet)};
  waiter here(loop_);
  bool const waits = query.patience.count() > 0;
  if (!begin_probe(key, query.address, waits ? &here : nullptr) || !waits) co_return out;
  auto found = co_await here.wait(query.patience);
  if (auto place = under_way_.find(key); place != under_way_.end()) std::erase(place->second, &here);
  if (found) out = {query.number, found->status, std::move(found->text)};
  co_return out;
}

// Whoever waits is there before the probe begins: it may end at once.
bool address_verifier::begin_probe(std::string const& key, std::string const& address, waiter* for_whom) {
  auto const under_way = under_way_.find(key);
  if (under_way != under_way_.end()) {
    if (for_whom != nullptr) under_way->second.push_back(for_whom);
    return true;
  }
  if (under_way_.size() >= settings_.probes_max) {
    log::warning("address_verify_pending_request_limit: {} addresses are being probed; {} waits for its turn",
                 under_way_.size(), printable(address));
    return false;
  }
  auto& waiting = under_way_[key];
  if (for_whom != nullptr) waiting.push_back(for_whom);
  probes_.spawn(probe(key, address), "an address probe");
  return true;
}

net::task<> address_verifier::probe(std::string key, std::string address) {
  auto const begun = now();
  auto const found = co_await probe_(std::move(address));
  settle(key, begun, found);
}

void address_verifier::settle(std::string const& key, wall_time begun, finding const& found) {
  auto const known = recall(key);
  probe_record record{found.status, begun, now(), found.text};
  if (key.size() <= address_octets_max && found.status != ipc::verify_status::in_progress &&
      is_worth_keeping(record, known ? &*known : nullptr, settings_.ages, now())) {
    memory_.put(key, format_probe_record(record));
  }
  auto const waiting = under_way_.extract(key);
  if (waiting.empty()) return;
  for (auto* one : waiting.mapped()) one->answer(found);
}

std::size_t address_verifier::forget_expired(maps::keeper& memory, probe_ages const& ages, wall_time now) {
  std::size_t forgotten = 0;
  memory.for_each("", [&](std::string_view key, std::string_view value) {
    auto const record = parse_probe_record(value);
    if (record && !is_expired(*record, ages, now)) return;
    memory.erase(std::string(key));
    ++forgotten;
  });
  return forgotten;
}

net::task<bool> address_verifier::stop(std::chrono::milliseconds within) {
  probes_.cancel_all();
  co_return co_await probes_.join(within);
}

}  // namespace postern::delivery
