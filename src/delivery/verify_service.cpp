#include "delivery/verify_service.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace postern::delivery {
namespace {

constexpr auto patience = std::chrono::hours(24);  // who asks may keep the connection

/// For as long as the process lives, and no more than so much of it.
class short_memory final : public maps::keeper {
 public:
  void put(std::string key, std::string value) override {
    if (kept_.size() >= addresses_max && !kept_.contains(key)) kept_.erase(kept_.begin());
    kept_.insert_or_assign(std::move(key), std::move(value));
  }
  void erase(std::string key) override { kept_.erase(key); }
  std::optional<std::string> find(std::string_view key) override {
    auto const place = kept_.find(std::string(key));
    return place == kept_.end() ? std::nullopt : std::optional(place->second);
  }
  void for_each(std::string_view prefix,
                std::function<void(std::string_view key, std::string_view value)> const& each) override {
    auto const all = kept_;  // `each` may change it
    for (auto const& [key, value] : all) {
      if (key.starts_with(prefix)) each(key, value);
    }
  }

 private:
  static constexpr std::size_t addresses_max = 10'000;
  std::unordered_map<std::string, std::string> kept_;
};

// "btree:/var/lib/postern/verify_cache": whatever type Postfix kept it in, here it is LMDB.
std::string file_of(std::string_view table) {
  auto const colon = table.find(':');
  auto const name = colon == std::string_view::npos ? table : table.substr(colon + 1);
  return name.empty() ? std::string() : std::string(name) + ".lmdb";
}

}  // namespace

verify_settings load_verify_settings(config::settings const& settings) {
  verify_settings out;
  auto& ages = out.verifier.ages;
  ages.positive_expire = settings.duration("address_verify_positive_expire_time");
  ages.positive_refresh = settings.duration("address_verify_positive_refresh_time");
  ages.negative_expire = settings.duration("address_verify_negative_expire_time");
  ages.negative_refresh = settings.duration("address_verify_negative_refresh_time");
  ages.keeps_failures = settings.boolean("address_verify_negative_cache");
  out.verifier.probes_max = static_cast<std::size_t>(settings.integer("address_verify_pending_request_limit"));
  out.file = file_of(settings.text("address_verify_map"));
  out.sweep_interval = settings.duration("address_verify_cache_cleanup_interval");
  return out;
}

std::unique_ptr<maps::lmdb_store> open_verify_store(verify_settings const& settings) {
  if (settings.file.empty()) return nullptr;
  auto opened = maps::lmdb_store::open(settings.file, "what address probes found is");
  if (opened) return std::move(*opened);
  log::error("address_verify_map: {}; what probes find is forgotten with this process", opened.error().text);
  return nullptr;
}

verify_service::verify_service(net::event_loop& loop, verify_settings settings, std::unique_ptr<maps::lmdb_store> store,
                               address_prober::parts probing)
    : loop_(loop),
      settings_(std::move(settings)),
      store_(std::move(store)),
      memory_(store_ ? nullptr : std::make_unique<short_memory>()),
      sweeper_(loop, 1),
      prober_(loop, std::move(probing)),
      verifier_(loop, store_ ? static_cast<maps::keeper&>(*store_) : *memory_, settings_.verifier,
                [this](std::string address) { return prober_.probe(std::move(address)); }),
      connections_(loop),
      answers_(loop) {
  if (!store_) return;
  store_->start([&loop](std::function<void()> work) { loop.post(std::move(work)); });
  if (settings_.sweep_interval.count() > 0) connections_.spawn(sweep(), "forgetting old address probes");
}

verify_service::~verify_service() = default;

net::task<> verify_service::sweep() {
  for (;;) {
    auto const now = std::chrono::system_clock::now();
    std::function<std::size_t()> const work = [this, now] {
      return address_verifier::forget_expired(*store_, settings_.verifier.ages, now);
    };
    auto const forgotten = co_await sweeper_.run(work);
    if (forgotten > 0) log::info("address_verify_map: {} old findings are forgotten", forgotten);
    co_await loop_.sleep(settings_.sweep_interval);
  }
}

void verify_service::serve(os::unique_fd listening) {
  listener_ = std::make_unique<net::listener>(loop_, std::move(listening));
  connections_.spawn(listener_->accept_each([this](os::unique_fd socket) { serve_connection(std::move(socket)); }),
                     "accepting questions about addresses");
}

void verify_service::serve_connection(os::unique_fd socket) {
  connections_.spawn(talk(std::make_shared<ipc::channel>(loop_, std::move(socket))), "questions about addresses");
}

net::task<> verify_service::talk(std::shared_ptr<ipc::channel> with) {
  for (;;) {
    auto in = co_await with->receive(patience);
    if (!in && in.error().problem == net::io_problem::timed_out) continue;
    if (!in) break;
    auto query = ipc::parse_verify_query(*in);
    if (!query) {
      log::error("smtpd sent something that is no question about an address; the connection is closed");
      break;
    }
    answers_.spawn(answer(with, std::move(*query)), "a question about an address");
  }
  with->close();
}

net::task<> verify_service::answer(std::shared_ptr<ipc::channel> to, ipc::verify_query query) {
  auto const said = co_await verifier_.ask(std::move(query));
  if (to->is_open()) to->post(ipc::format_verify_answer(said));
}

net::task<bool> verify_service::stop(std::chrono::milliseconds within) {
  if (listener_) listener_->stop();
  connections_.cancel_all();
  answers_.cancel_all();
  bool done = co_await verifier_.stop(within);
  done = co_await prober_.stop(within) && done;
  done = co_await answers_.join(within) && done;
  co_return co_await connections_.join(within) && done;
}

}  // namespace postern::delivery
