#include "maps/lmdb_store.hpp"

#include <lmdb.h>

#include <cerrno>
#include <cstdio>

#include <fmt/format.h>

#include "base/log.hpp"
#include "maps/lmdb_check.hpp"

namespace postern::maps {
namespace {

std::unexpected<failure> trouble(std::string const& path, int status) {
  return std::unexpected(failure{fmt::format("{}: LMDB: {}", path, mdb_strerror(status)), status > 0 ? status : 0});
}

struct transaction_closer {
  void operator()(MDB_txn* one) const { mdb_txn_abort(one); }
};
struct cursor_closer {
  void operator()(MDB_cursor* one) const { mdb_cursor_close(one); }
};
using transaction = std::unique_ptr<MDB_txn, transaction_closer>;
using cursor = std::unique_ptr<MDB_cursor, cursor_closer>;

std::string_view view(MDB_val const& octets) { return {static_cast<char const*>(octets.mv_data), octets.mv_size}; }

MDB_val borrow(std::string_view octets) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): LMDB only reads it
  return {.mv_size = octets.size(), .mv_data = const_cast<char*>(octets.data())};
}

result<transaction> begin(std::string const& path, MDB_env* in, unsigned flags) {
  MDB_txn* created = nullptr;
  if (int const status = mdb_txn_begin(in, nullptr, flags, &created); status != 0) return trouble(path, status);
  return transaction(created);
}

bool is_damaged(failure const& why) { return why.system_error == 0 || why.system_error == EINVAL; }

}  // namespace

void lmdb_store::environment_closer::operator()(MDB_env* one) const { mdb_env_close(one); }

lmdb_store::lmdb_store(std::string path, std::unique_ptr<MDB_env, environment_closer> env, unsigned table)
    : path_(std::move(path)), env_(std::move(env)), table_(table) {}

result<std::unique_ptr<lmdb_store>> lmdb_store::open_file(std::string const& path) {
  if (auto sound = check_lmdb_file(path); !sound) return std::unexpected(sound.error());
  MDB_env* created = nullptr;
  if (int const status = mdb_env_create(&created); status != 0) return trouble(path, status);
  std::unique_ptr<MDB_env, environment_closer> env(created);
  mdb_env_set_mapsize(created, map_octets);
  // NOTLS: reading and writing threads each have transactions of their own.
  if (int const status = mdb_env_open(created, path.c_str(), MDB_NOSUBDIR | MDB_NOTLS, 0600); status != 0) {
    return trouble(path, status);
  }
  int dead = 0;
  mdb_reader_check(created, &dead);
  auto in = begin(path, created, 0);
  if (!in) return std::unexpected(in.error());
  MDB_dbi table = 0;
  if (int const status = mdb_dbi_open(in->get(), nullptr, 0, &table); status != 0) return trouble(path, status);
  if (int const status = mdb_txn_commit(in->release()); status != 0) return trouble(path, status);
  return std::unique_ptr<lmdb_store>(new lmdb_store(path, std::move(env), table));
}

result<std::unique_ptr<lmdb_store>> lmdb_store::open(std::string const& path, std::string_view loss) {
  auto opened = open_file(path);
  if (opened || !is_damaged(opened.error())) return opened;
  auto const aside = path + ".damaged";
  if (std::rename(path.c_str(), aside.c_str()) != 0) return opened;
  log::error("{}; it is now {}, and a new one begins: {} forgotten", opened.error().text, aside, loss);
  return open_file(path);
}

lmdb_store::~lmdb_store() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard const lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void lmdb_store::start(poster post) {
  post_ = std::move(post);
  thread_ = std::thread([this] { work(); });
}

// ---- the owner's thread

void lmdb_store::change(std::string key, std::optional<std::string> value) {
  std::lock_guard const lock(mutex_);
  if (collecting_.size() >= changes_max) {
    if (!std::exchange(losing_, true)) log::error("{}: changes are lost: the disk does not take them", path_);
    return;
  }
  if (collecting_.empty()) wake_.notify_one();
  collecting_.insert_or_assign(std::move(key), std::move(value));
}

void lmdb_store::put(std::string key, std::string value) { change(std::move(key), std::move(value)); }
void lmdb_store::erase(std::string key) { change(std::move(key), std::nullopt); }

std::optional<std::string> lmdb_store::find(std::string_view key) {
  {
    std::lock_guard const lock(mutex_);
    for (auto const* const recent : {&collecting_, &writing_}) {
      if (auto const place = recent->find(key); place != recent->end()) return place->second;
    }
  }
  auto in = begin(path_, env_.get(), MDB_RDONLY);
  if (!in) return std::nullopt;
  MDB_val name = borrow(key);
  MDB_val value{};
  if (mdb_get(in->get(), table_, &name, &value) != 0) return std::nullopt;
  return std::string(view(value));
}

void lmdb_store::for_each(std::string_view prefix,
                          std::function<void(std::string_view key, std::string_view value)> const& each) {
  auto in = begin(path_, env_.get(), MDB_RDONLY);
  if (!in) return log::error("{}", in.error().text);
  MDB_cursor* created = nullptr;
  if (mdb_cursor_open(in->get(), table_, &created) != 0) return;
  cursor const at(created);
  MDB_val key = borrow(prefix);
  MDB_val value{};
  auto const first = prefix.empty() ? MDB_FIRST : MDB_SET_RANGE;  // no key is empty
  for (int status = mdb_cursor_get(created, &key, &value, first); status == 0 && view(key).starts_with(prefix);
       status = mdb_cursor_get(created, &key, &value, MDB_NEXT)) {
    each(view(key), view(value));
  }
}

void lmdb_store::commit(committed done) {
  {
    std::lock_guard const lock(mutex_);
    waiting_.push_back(std::move(done));
  }
  wake_.notify_one();
}

// ---- the writing thread

void lmdb_store::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !waiting_.empty() || !collecting_.empty(); });
    // What nobody waits for is gathered a little.
    wake_.wait_for(lock, flush_interval, [this] { return stopping_ || !waiting_.empty(); });
    writing_ = std::exchange(collecting_, {});
    auto waiting = std::exchange(waiting_, {});
    lock.unlock();
    auto outcome = write(writing_);
    lock.lock();
    if (!outcome) {
      log::error("{}", outcome.error().text);
      collecting_.merge(writing_);  // what is newer stays
    }
    losing_ = losing_ && !outcome;
    writing_.clear();
    bool const is_last = stopping_ && (collecting_.empty() || !outcome);
    lock.unlock();
    settle(std::move(waiting), outcome);
    lock.lock();
    if (is_last) return;
    if (!outcome) wake_.wait_for(lock, flush_interval, [this] { return stopping_; });
  }
}

result<> lmdb_store::write(changes const& batch) {
  if (batch.empty()) return {};
  auto in = begin(path_, env_.get(), 0);
  if (!in) return std::unexpected(in.error());
  for (auto const& [name, content] : batch) {
    MDB_val key = borrow(name);
    MDB_val value = borrow(content ? std::string_view(*content) : std::string_view());
    int const status =
        content ? mdb_put(in->get(), table_, &key, &value, 0) : mdb_del(in->get(), table_, &key, nullptr);
    if (status != 0 && status != MDB_NOTFOUND) return trouble(path_, status);
  }
  if (int const status = mdb_txn_commit(in->release()); status != 0) return trouble(path_, status);
  return {};
}

void lmdb_store::settle(std::vector<committed> waiting, result<> outcome) {
  if (waiting.empty()) return;
  post_([told = std::move(waiting), how = std::move(outcome)] {
    for (auto const& one : told) one(how);
  });
}

}  // namespace postern::maps
