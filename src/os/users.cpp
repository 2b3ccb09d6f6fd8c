#include "os/users.hpp"

#include <grp.h>
#include <pwd.h>

#include <cerrno>

#include "base/text.hpp"

namespace postern::os {
namespace {

constexpr std::size_t record_size_max = 1U << 20U;

/// Calls a getpwnam_r-like function with a buffer that grows until the record fits.
template <class Record, class Lookup>
int look_up(Record& record, std::vector<char>& buffer, bool& found, Lookup lookup) {
  buffer.resize(4096);
  while (true) {
    Record* answer = nullptr;
    int error = lookup(&record, buffer.data(), buffer.size(), &answer);
    found = error == 0 && answer != nullptr;
    if (error != ERANGE || buffer.size() >= record_size_max) return error;
    buffer.resize(buffer.size() * 2);
  }
}

bool look_up_number(uid_t user, passwd& record, std::vector<char>& buffer) {
  bool found = false;
  look_up(record, buffer, found, [user](passwd* to, char* text, std::size_t size, passwd** answer) {
    return ::getpwuid_r(user, to, text, size, answer);
  });
  return found;
}

/// NSS answers "not found" in several ways.
bool means_unknown(int error) {
  return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

std::vector<gid_t> groups_of(std::string const& name, gid_t primary) {
  std::vector<gid_t> groups(64);
  int count = static_cast<int>(groups.size());
  while (::getgrouplist(name.c_str(), primary, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(count) > groups.size() ? static_cast<std::size_t>(count)
                                                                  : groups.size() * 2);
    count = static_cast<int>(groups.size());
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

}  // namespace

result<std::optional<user_record>> find_user(std::string const& name) {
  passwd record{};
  std::vector<char> buffer;
  bool found = false;
  int error = look_up(record, buffer, found, [&name](passwd* to, char* text, std::size_t size, passwd** answer) {
    return ::getpwnam_r(name.c_str(), to, text, size, answer);
  });
  if (!found && means_unknown(error)) return std::nullopt;
  if (!found) return fail_errno("looking up user " + name, error);
  return user_record{name,
                     {record.pw_uid, record.pw_gid, groups_of(name, record.pw_gid)},
                     record.pw_dir != nullptr ? record.pw_dir : "",
                     record.pw_shell != nullptr ? record.pw_shell : ""};
}

result<std::optional<gid_t>> find_group(std::string const& name) {
  group record{};
  std::vector<char> buffer;
  bool found = false;
  int error = look_up(record, buffer, found, [&name](group* to, char* text, std::size_t size, group** answer) {
    return ::getgrnam_r(name.c_str(), to, text, size, answer);
  });
  if (!found && means_unknown(error)) return std::nullopt;
  if (!found) return fail_errno("looking up group " + name, error);
  return record.gr_gid;
}

std::string format_user(uid_t user) {
  passwd record{};
  std::vector<char> buffer;
  return look_up_number(user, record, buffer) ? record.pw_name : std::to_string(user);
}

std::string find_full_name(uid_t user) {
  passwd record{};
  std::vector<char> buffer;
  if (!look_up_number(user, record, buffer) || record.pw_gecos == nullptr) return {};
  // "Joe User,room,telephone"; '&' stands for the account's name with a capital.
  std::string out;
  for (char const c : std::string_view(record.pw_gecos)) {
    if (c == ',') break;
    if (c != '&') {
      out += c;
      continue;
    }
    auto const begin = out.size();
    out += record.pw_name;
    if (begin < out.size()) out[begin] = ascii_upper(out[begin]);
  }
  return out;
}

std::string format_group(gid_t number) {
  group record{};
  std::vector<char> buffer;
  bool found = false;
  look_up(record, buffer, found, [number](group* to, char* text, std::size_t size, group** answer) {
    return ::getgrgid_r(number, to, text, size, answer);
  });
  return found ? record.gr_name : std::to_string(number);
}

}  // namespace postern::os
