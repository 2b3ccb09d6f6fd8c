#include "store/maildir.hpp"

#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "os/random.hpp"

namespace postern::store {
namespace {

constexpr std::size_t flush_octets = 256 * 1024;
constexpr std::size_t part_octets_max = 80;

// Attempts that were cut off leave files behind; a new one must not meet them.
std::string random_suffix() {
  std::string text;
  for (char c : os::random_octets(6)) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

}  // namespace

std::string name_part(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool plain = is_ascii_alnum(c) || c == '-' || c == '_' || c == '@' || c == '+' || (c == '.' && !out.empty());
    if (plain) {
      out += c;
    } else {
      out += fmt::format("={:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string format_maildir_name(wall_time arrival, std::string_view id, std::string_view host) {
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(arrival.time_since_epoch()).count();
  return fmt::format("{}.Q{}.{}", seconds, name_part(id.substr(0, part_octets_max)),
                     name_part(host.substr(0, part_octets_max)));
}

result<> prepare_maildir(os::filesystem& disk, std::string const& mailbox) {
  auto known = disk.exists(mailbox + "/cur");
  if (!known) return std::unexpected(known.error());
  if (*known) return {};
  for (auto const* part : {"/tmp", "/new", "/cur"}) {  // cur last: it says that all are there
    if (auto made = disk.make_directory(mailbox + part); !made) return made;
  }
  return {};
}

maildir_delivery::maildir_delivery(os::filesystem& disk, std::string mailbox, std::string name, std::string temporary,
                                   std::unique_ptr<os::append_file> file)
    : disk_(&disk),
      mailbox_(std::move(mailbox)),
      name_(std::move(name)),
      temporary_(std::move(temporary)),
      file_(std::move(file)) {}

maildir_delivery::~maildir_delivery() {
  if (file_) (void)disk_->remove(temporary_);  // readers clean tmp/ too, so a failure here costs nothing
}

result<maildir_delivery> maildir_delivery::begin(os::filesystem& disk, std::string mailbox, std::string name) {
  auto temporary = fmt::format("{}/tmp/{}.{}", mailbox, name, random_suffix());
  auto file = disk.create_append(temporary);
  if (!file) return std::unexpected(file.error());
  return maildir_delivery(disk, std::move(mailbox), std::move(name), std::move(temporary), std::move(*file));
}

result<> maildir_delivery::append(std::string_view wire) {
  while (!wire.empty()) {
    if (pending_cr_ && wire.front() != '\n') buffer_ += '\r';
    pending_cr_ = false;
    auto end = wire.find('\r');
    buffer_ += wire.substr(0, end);
    if (end == std::string_view::npos) break;
    pending_cr_ = true;
    wire.remove_prefix(end + 1);
  }
  return buffer_.size() >= flush_octets ? flush() : result<>{};
}

result<> maildir_delivery::flush() {
  if (buffer_.empty()) return {};
  std::string_view piece = buffer_;
  if (auto written = file_->append({&piece, 1}); !written) return written;
  size_ += buffer_.size();
  size_with_crlf_ += buffer_.size();
  for (char c : buffer_) size_with_crlf_ += c == '\n' ? 1 : 0;
  buffer_.clear();
  return {};
}

result<maildir_delivery::outcome> maildir_delivery::commit() {
  if (std::exchange(pending_cr_, false)) buffer_ += '\r';
  if (auto done = flush(); !done) return std::unexpected(done.error());
  auto final_name = fmt::format("{}/new/{},S={},W={}", mailbox_, name_, size_, size_with_crlf_);
  auto there = disk_->exists(final_name);
  if (!there) return std::unexpected(there.error());
  if (*there) {
    // Its directory entry may be younger than the crash that hid it from us.
    if (auto synced = disk_->sync_directory(mailbox_ + "/new"); !synced) return std::unexpected(synced.error());
    return outcome::was_there;
  }
  if (auto synced = file_->sync_data(); !synced) return std::unexpected(synced.error());
  if (auto moved = disk_->rename(temporary_, final_name); !moved) return std::unexpected(moved.error());
  file_.reset();
  if (auto synced = disk_->sync_directory(mailbox_ + "/new"); !synced) return std::unexpected(synced.error());
  return outcome::delivered;
}

}  // namespace postern::store
