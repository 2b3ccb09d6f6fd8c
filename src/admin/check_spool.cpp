// Users, directories, disk space, and what lies in the spool.
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <sys/statvfs.h>

#include "delivery/queue_settings.hpp"
#include "service/master/launcher.hpp"

#include "admin/checks.hpp"

namespace postern::admin {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t small_disk_octets = 256ULL << 20U;
constexpr std::uint64_t few_inodes = 1000;
constexpr std::size_t files_counted_max = 100'000;

/// The path itself, or what stands above it when it does not exist yet.
fs::path existing_part(fs::path path) {
  std::error_code error;
  while (!path.empty() && path != path.root_path() && !fs::exists(path, error)) path = path.parent_path();
  return path;
}

void judge_directory(check_context& context, char const* parameter) {
  auto path = context.settings().text(parameter);
  if (path.empty()) return;
  auto where = context.settings().where(parameter);
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_directory(path, error))
    return context.add(gravity::problem, where, fmt::format("{} {} is not a directory", parameter, path),
                       "name a directory");
  auto standing = existing_part(path);
  // masterd starts as root in a system service: then only a read-only file system is in the way.
  if (::access(standing.c_str(), W_OK | X_OK) == 0) return;
  bool will_be_root = context.settings().private_dir().empty() && ::geteuid() != 0;
  context.add(will_be_root ? gravity::note : gravity::problem, where,
              fmt::format("{} {}: user {} may not write to {}", parameter, path, os::format_user(::geteuid()),
                          standing.string()),
              will_be_root ? "run postern check as the user who starts the server" : "change its owner or mode");
}

std::string megabytes(std::uint64_t octets) { return fmt::format("{} MB", octets >> 20U); }

/// Counts plain files below the directories; a missing or closed directory counts nothing.
std::size_t count_files(std::vector<std::string> const& directories) {
  std::size_t count = 0;
  for (auto const& directory : directories) {
    std::error_code error;
    fs::recursive_directory_iterator one(directory, fs::directory_options::skip_permission_denied, error), end;
    for (; !error && one != end && count < files_counted_max; one.increment(error)) {
      std::error_code ignored;
      if (one->is_regular_file(ignored)) ++count;
    }
  }
  return count;
}

}  // namespace

void check_identity(check_context& context) {
  if (::geteuid() != 0) return;  // everything runs as the user who starts it
  // A private directory gets its user when masterd makes its spool.
  std::error_code error;
  bool is_new = !fs::exists(context.settings().text("queue_directory"), error);
  if (is_new && !context.settings().private_dir().empty()) return;
  if (auto identity = service::master::decide_identity(context.settings()); !identity)
    context.add(gravity::problem, context.settings().where("mail_owner"), identity.error().text);
}

void check_directories(check_context& context) {
  for (auto const* parameter : {"queue_directory", "data_directory"}) judge_directory(context, parameter);
}

void check_disk_space(check_context& context) {
  auto const& settings = context.settings();
  auto path = existing_part(settings.text("queue_directory"));
  auto where = settings.where("queue_directory");
  struct statvfs disk{};
  if (::statvfs(path.c_str(), &disk) != 0) return;
  if ((disk.f_flag & ST_RDONLY) != 0)
    return context.add(gravity::problem, where, fmt::format("the file system of {} is read-only", path.string()),
                       "mount it for writing");
  auto free_octets = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  auto message = static_cast<std::uint64_t>(std::max<std::int64_t>(settings.integer("message_size_limit"), 0));
  auto minimum = static_cast<std::uint64_t>(std::max<std::int64_t>(settings.integer("queue_minfree"), 0));
  if (free_octets < std::max(minimum, message + message / 2))
    context.add(gravity::problem, where,
                fmt::format("{} has {} left, less than a message may need", path.string(), megabytes(free_octets)),
                "make room: mail is put off with 452 until then");
  else if (free_octets < std::max(small_disk_octets, 20 * message))
    context.add(gravity::warning, where, fmt::format("{} has only {} left", path.string(), megabytes(free_octets)),
                "make room before mail is put off");
  if (disk.f_files > 0 && disk.f_favail < few_inodes)
    context.add(gravity::warning, where,
                fmt::format("{} has room for only {} more files", path.string(), disk.f_favail),
                "remove small files, or make the file system anew with more inodes");
}

void check_spool_content(check_context& context) {
  auto queue = context.settings().text("queue_directory");
  auto spool = delivery::load_queue_settings(context.settings()).spool_directory;
  auto where = context.settings().where("queue_directory");
  if (auto kept = count_files({spool + "/quarantine"}); kept > 0)
    context.add(
        gravity::warning, where, fmt::format("{} damaged pieces of the spool are kept in {}/quarantine", kept, spool),
        "look at them, and at the disk that damaged them; nothing removes them but you (docs/formats/spool.md)");
  auto left =
      count_files({queue + "/maildrop", queue + "/incoming", queue + "/active", queue + "/deferred", queue + "/hold"});
  if (left > 0)
    context.add(gravity::warning, where, fmt::format("{} messages of Postfix are left in {}", left, queue),
                "Postern does not read Postfix's queue: let Postfix deliver them first (postqueue -f)");
}

}  // namespace postern::admin
