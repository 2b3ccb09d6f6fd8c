#include "admin/path_access.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <sys/stat.h>

namespace postern::admin {
namespace {

constexpr unsigned may_read = 4;
constexpr unsigned may_write = 2;
constexpr unsigned may_enter = 1;

bool is_member(os::credentials const& who, gid_t group) {
  return who.group == group || std::ranges::find(who.supplementary, group) != who.supplementary.end();
}

bool permits(struct stat const& about, os::credentials const& who, unsigned bits) {
  if (who.user == 0) return true;
  unsigned const shift = about.st_uid == who.user ? 6U : is_member(who, about.st_gid) ? 3U : 0U;
  return ((about.st_mode >> shift) & bits) == bits;
}

std::string describe(struct stat const& about) {
  return fmt::format("belongs to {}:{}, mode {:04o}", os::format_user(about.st_uid), os::format_group(about.st_gid),
                     about.st_mode & 07777U);
}

/// The group is asked to help where it can: that is how saslauthd's directory is meant.
std::string find_remedy(std::string const& path, struct stat const& about, os::credentials const& who, unsigned bits) {
  auto const name = os::format_user(who.user);
  bool const group_may = ((about.st_mode >> 3U) & bits) == bits;
  if (group_may && about.st_gid != 0 && about.st_uid != who.user && !is_member(who, about.st_gid))
    return fmt::format("put {} into its group (adduser {} {}) and restart the server", name, name,
                       os::format_group(about.st_gid));
  return fmt::format("let {} {} {}", name,
                     bits == may_enter         ? "enter"
                     : (bits & may_write) != 0 ? "read and write"
                                               : "read",
                     path);
}

unsigned bits_of(access_kind want) {
  switch (want) {
    case access_kind::read:
      return may_read;
    case access_kind::write:
      return may_read | may_write;
    case access_kind::connect:
      return may_write;
  }
  return 0;
}

std::string_view verb_of(access_kind want) {
  switch (want) {
    case access_kind::read:
      return "read it";
    case access_kind::write:
      return "read and write it";
    case access_kind::connect:
      return "connect to it";
  }
  return "";
}

/// The first directory above that `who` may not go through.
bool find_barrier(std::string const& path, os::credentials const& who, path_facts& out) {
  for (auto slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    auto const directory = path.substr(0, slash);
    struct stat about{};
    if (::stat(directory.c_str(), &about) != 0) return false;  // the file tells
    if (!S_ISDIR(about.st_mode) || permits(about, who, may_enter)) continue;
    out.trouble = fmt::format("{} cannot be reached: {} {}, and {} may not go through it", path, directory,
                              describe(about), os::format_user(who.user));
    out.remedy = find_remedy(directory, about, who, may_enter);
    out.barrier = directory;
    return true;
  }
  return false;
}

}  // namespace

path_facts look_at_path(std::string const& path, access_kind want, os::credentials const& who) {
  path_facts out;
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0) {
    out.trouble = fmt::format("{} cannot be reached: {}", path, std::strerror(errno));
    return out;
  }
  out.exists = true;
  out.owner = describe(about);
  if (want == access_kind::connect && !S_ISSOCK(about.st_mode)) {
    out.trouble = S_ISDIR(about.st_mode) ? path + " is a directory, not a socket" : path + " is not a socket";
    return out;
  }
  if (find_barrier(path, who, out)) return out;
  auto const bits = bits_of(want);
  if (permits(about, who, bits)) return out;
  out.trouble = fmt::format("{} {}: {} may not {}", path, out.owner, os::format_user(who.user), verb_of(want));
  out.remedy = find_remedy(path, about, who, bits);
  return out;
}

}  // namespace postern::admin
