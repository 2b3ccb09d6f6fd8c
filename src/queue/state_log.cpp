#include "queue/state_log.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "os/random.hpp"

namespace postern::queue {
namespace {

constexpr std::string_view log_suffix = ".log", snapshot_suffix = ".snapshot", unfinished_suffix = ".new";
constexpr std::size_t entry_size_hint = 128;
constexpr std::size_t offsets_per_record = 8192;

struct state_file {
  std::string name;
  std::uint64_t generation = 0;
  segment_id id;
  bool is_snapshot = false;
};

std::optional<std::uint64_t> parse_hex(std::string_view digits) {
  std::uint64_t value = 0;
  auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc{} || end != digits.data() + digits.size()) return {};
  return value;
}

std::string format_name(std::uint64_t generation, segment_id id, std::string_view suffix) {
  return fmt::format("{:016x}-{:016x}{}", generation, id.value, suffix);
}

std::optional<state_file> parse_name(std::string_view name) {
  constexpr std::size_t stem = 33;
  if (name.size() < stem || name[16] != '-') return {};
  std::string_view const suffix = name.substr(stem);
  if (suffix != log_suffix && suffix != snapshot_suffix) return {};
  auto const generation = parse_hex(name.substr(0, 16));
  auto const id = parse_hex(name.substr(17, 16));
  if (!generation || !id) return {};
  return state_file{std::string(name), *generation, segment_id{*id}, suffix == snapshot_suffix};
}

segment_id random_file_id() {
  segment_id id;
  os::fill_random({reinterpret_cast<unsigned char*>(&id.value), sizeof id.value});
  return id;
}

std::string make_record(state_entry const& entry) {
  std::string record = begin_record(entry_size_hint);
  format_state_entry(record, entry);
  close_record(record, record_type::state);
  return record;
}

using record_sink = std::function<void(whole_record const&)>;

// Calls `sink` with the whole records of one file; whatever else is there is reported and passed over.
void read_state_file(os::filesystem& disk, std::string const& path, state_file const& from, record_sink const& sink,
                     std::vector<state_report>& reports) {
  auto file = disk.open_read(path);
  if (!file) file = disk.open_read(path);
  if (!file) {
    reports.push_back({from.name, file.error().text});
    return;
  }
  segment_scanner scanner(**file, from.id);
  while (true) {
    auto const step = scanner.next();
    if (!step) {
      reports.push_back({from.name, step.error().text});
      return;
    }
    if (std::holds_alternative<end_of_segment>(*step)) return;
    if (auto const* bad = std::get_if<damage>(&*step)) {
      reports.push_back({from.name, fmt::format("{} octets at {} passed over{}: {}", bad->length, bad->place.offset,
                                                bad->torn_tail ? " (torn tail)" : "", bad->why)});
      continue;
    }
    sink(std::get<whole_record>(*step));
  }
}

void apply_state_file(os::filesystem& disk, std::string const& path, state_file const& from, loaded_state& into) {
  auto const apply = [&](whole_record const& record) {
    if (record.type != record_type::state) return;
    if (auto entry = parse_state_entry(record.body)) {
      into.image.apply(*std::move(entry));
    } else {
      into.reports.push_back({from.name, fmt::format("malformed entry at {}", record.place.offset)});
    }
  };
  read_state_file(disk, path, from, apply, into.reports);
}

bool snapshot_is_whole(os::filesystem& disk, std::string const& path, state_file const& from) {
  bool ended = false;
  std::vector<state_report> reports;
  auto const look = [&](whole_record const& record) { ended |= record.type == record_type::snapshot_end; };
  read_state_file(disk, path, from, look, reports);
  return ended && reports.empty();
}

}  // namespace

// Starts from the newest whole snapshot. A damaged one is applied in its turn for what it still says: entries are
// absolute.
result<loaded_state> load_state(os::filesystem& disk, std::string const& directory) {
  auto const names = disk.list(directory);
  if (!names) return std::unexpected(names.error());
  loaded_state loaded;
  std::vector<state_file> files;
  for (std::string_view name : *names) {
    bool const unfinished = name.ends_with(unfinished_suffix);
    auto file = parse_name(unfinished ? name.substr(0, name.size() - unfinished_suffix.size()) : name);
    if (!file) continue;
    loaded.files.emplace_back(name);
    loaded.last_generation = std::max(loaded.last_generation, file->generation);
    if (!unfinished) files.push_back(*std::move(file));
  }
  std::ranges::sort(files, {}, &state_file::generation);
  auto const path_of = [&](state_file const& file) { return directory + "/" + file.name; };
  auto start = files.begin();
  for (auto file = files.begin(); file != files.end(); ++file) {
    if (!file->is_snapshot) continue;
    if (snapshot_is_whole(disk, path_of(*file), *file)) start = file;
  }
  for (auto file = start; file != files.end(); ++file) apply_state_file(disk, path_of(*file), *file, loaded);
  return loaded;
}

snapshot_text::snapshot_text(snapshot_source const& source) {
  source([this](state_entry const& entry) {
    auto const* done = std::get_if<messages_done>(&entry);
    if (done == nullptr || done->offsets.size() <= offsets_per_record) {
      records_.push_back(make_record(entry));
      return;
    }
    for (std::size_t at = 0; at < done->offsets.size(); at += offsets_per_record) {
      auto const first = done->offsets.begin() + static_cast<std::ptrdiff_t>(at);
      auto const count = std::min(offsets_per_record, done->offsets.size() - at);
      records_.push_back(
          make_record(messages_done{done->segment, {first, first + static_cast<std::ptrdiff_t>(count)}}));
    }
  });
  std::string end = begin_record(0);
  close_record(end, record_type::snapshot_end);
  records_.push_back(std::move(end));
}

state_log::state_log(os::filesystem& disk, std::string directory, loaded_state const& loaded, state_log_limits limits)
    : disk_(disk),
      directory_(std::move(directory)),
      limits_(limits),
      generation_(loaded.last_generation),
      old_files_(loaded.files) {}

result<> state_log::start_log() {
  std::uint64_t const generation = generation_ + 1;
  segment_id const id = random_file_id();
  std::string const name = format_name(generation, id, log_suffix);
  auto file = disk_.create_append(directory_ + "/" + name);
  if (!file) return std::unexpected(file.error());
  old_files_.push_back(name);
  if (auto const synced = disk_.sync_directory(directory_); !synced) return synced;
  generation_ = generation;
  log_ = std::make_unique<segment_writer>(*std::move(file), id);
  return {};
}

result<> state_log::save(std::span<state_entry const> entries) {
  if (!log_ || log_->poisoned() || log_->size() > segment_size_max / 2) {
    if (auto const started = start_log(); !started) return started;
  }
  std::vector<std::string> records;
  records.reserve(entries.size());
  for (state_entry const& entry : entries) {
    records.push_back(make_record(entry));
    log_->place(records.back());
    log_octets_ += records.back().size();
  }
  if (auto const written = log_->write(records); !written) return written;
  return log_->sync();
}

// A snapshot costs its own size, so it waits until the log is as long as the last one was.
bool state_log::wants_snapshot() const noexcept {
  return log_octets_ > std::max(limits_.log_octets_before_snapshot, snapshot_octets_);
}

// Generations count up over logs and snapshots alike: snapshot n stands for everything in generations below n. The log
// is left before the snapshot gets its name: from then on entries in an older generation would not be replayed.
result<> state_log::save_snapshot(snapshot_text snapshot) {
  ++generation_;
  log_.reset();
  segment_id const id = random_file_id();
  std::string const name = format_name(generation_, id, snapshot_suffix);
  std::string const path = directory_ + "/" + name;
  std::string const unfinished = path + std::string(unfinished_suffix);
  auto file = disk_.create_append(unfinished);
  if (!file) return std::unexpected(file.error());
  segment_writer writer(*std::move(file), id);
  std::vector<std::string> records = std::move(snapshot).take();
  for (std::string& record : records) writer.place(record);
  auto done = writer.write(records);
  if (done) done = writer.sync();
  if (done) done = disk_.rename(unfinished, path);
  if (done) done = disk_.sync_directory(directory_);
  if (!done) {
    old_files_.push_back(name + std::string(unfinished_suffix));
    old_files_.push_back(name);
    return done;
  }
  log_octets_ = 0;
  snapshot_octets_ = writer.size();
  remove_old_files();
  old_files_.push_back(name);
  return {};
}

// What a failed removal leaves is older than the snapshot, so it is not read again; the next snapshot tries once more.
void state_log::remove_old_files() {
  std::erase_if(old_files_, [this](std::string const& name) {
    std::string const path = directory_ + "/" + name;
    auto const there = disk_.exists(path);
    return there && (!*there || disk_.remove(path));
  });
}

}  // namespace postern::queue
