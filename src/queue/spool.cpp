#include "queue/spool.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "os/random.hpp"

namespace postern::queue {
namespace {

constexpr std::size_t copy_octets = 1U << 20;

segment_id random_segment_id() {
  segment_id id;
  do {
    os::fill_random({reinterpret_cast<unsigned char*>(&id.value), sizeof id.value});
  } while (id.value == 0);
  return id;
}

result<> copy_range(os::read_file& from, extent range, os::append_file& to) {
  std::string buffer;
  while (range.length > 0) {
    buffer.resize(std::min<std::uint64_t>(range.length, copy_octets));
    auto const count = from.read_at(range.offset, buffer);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return {};
    std::string_view const piece = std::string_view(buffer).substr(0, *count);
    if (auto const written = to.append(std::span(&piece, 1)); !written) return written;
    range.offset += *count;
    range.length -= *count;
  }
  return {};
}

}  // namespace

std::string format_segment_id(segment_id id) { return fmt::format("{:016x}", id.value); }

std::optional<segment_id> parse_segment_id(std::string_view text) {
  segment_id id;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), id.value, 16);
  if (text.size() != 16 || error != std::errc{} || end != text.data() + text.size()) return {};
  return id;
}

// Writers may outlive the program that numbered them, so counting does not start where the last one did.
spool::spool(os::filesystem& disk, std::string root)
    : disk_(disk), root_(std::move(root)), next_writer_(random_segment_id().value % (writer_number_max + 1U)) {}

result<> spool::prepare() {
  for (char const* name : {"/segments", "/state", "/quarantine"}) {
    if (auto const made = disk_.make_directory(root_ + name); !made) return made;
  }
  return disk_.sync_directory(root_);
}

std::string spool::segment_path(segment_id id) const { return root_ + "/segments/" + format_segment_id(id); }

// The name is synced before anybody writes: a file whose name a power cut takes away takes its synced content with it.
result<new_segment> spool::create_segment() {
  new_segment made{random_segment_id(), writer_number{next_writer_}, {}};
  auto file = disk_.create_append(segment_path(made.id));
  if (!file) return std::unexpected(file.error());
  if (auto const locked = (*file)->lock_shared(); !locked) return std::unexpected(locked.error());
  if (auto const synced = disk_.sync_directory(root_ + "/segments"); !synced) return std::unexpected(synced.error());
  made.file = *std::move(file);
  next_writer_ = static_cast<std::uint16_t>((next_writer_ + 1) % (writer_number_max + 1));
  return made;
}

result<std::unique_ptr<os::read_file>> spool::open_segment(segment_id id) const {
  return disk_.open_read(segment_path(id));
}

result<std::vector<segment_id>> spool::list_segments() const {
  auto const names = disk_.list(root_ + "/segments");
  if (!names) return std::unexpected(names.error());
  std::vector<segment_id> ids;
  for (std::string const& name : *names) {
    if (auto const id = parse_segment_id(name)) ids.push_back(*id);
  }
  return ids;
}

result<bool> spool::has_living_writer(segment_id id) const { return disk_.has_writer(segment_path(id)); }

// Synced before the state log may drop what it knows: a segment that came back would bring finished messages back.
result<> spool::remove_segment(segment_id id) {
  auto const there = disk_.exists(segment_path(id));
  if (!there) return std::unexpected(there.error());
  if (*there) {
    if (auto const removed = disk_.remove(segment_path(id)); !removed) return removed;
  }
  return disk_.sync_directory(root_ + "/segments");
}

// Written under a temporary name, so that a copy with its final name is a whole one.
result<std::string> spool::quarantine(os::read_file& file, damage const& found) {
  std::string const directory = root_ + "/quarantine";
  std::string path =
      fmt::format("{}/{}-{}-{}", directory, format_segment_id(found.place.segment), found.place.offset, found.length);
  auto const there = disk_.exists(path);
  if (!there) return std::unexpected(there.error());
  if (*there) return path;
  std::string const unfinished = path + ".new";
  if (disk_.exists(unfinished).value_or(false)) {
    if (auto const removed = disk_.remove(unfinished); !removed) return std::unexpected(removed.error());
  }
  auto copy = disk_.create_append(unfinished);
  if (!copy) return std::unexpected(copy.error());
  auto done = copy_range(file, {found.place.offset, found.length}, **copy);
  if (done) done = (*copy)->sync_data();
  if (done) done = disk_.rename(unfinished, path);
  if (done) done = disk_.sync_directory(directory);
  if (!done) return std::unexpected(done.error());
  return path;
}

}  // namespace postern::queue
