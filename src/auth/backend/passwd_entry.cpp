#include "auth/backend/passwd_entry.hpp"

#include <pwd.h>
#include <shadow.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "auth/backend/crypt_password.hpp"

namespace postern::auth {
namespace {

constexpr std::size_t buffer_start = 1024;
constexpr std::size_t any_hash_entries_max = 1000;

// Room for an entry that grows on ERANGE and is wiped.
class entry_buffer {
 public:
  entry_buffer() : room_(buffer_start, '\0') {}
  ~entry_buffer() { wipe(room_); }
  entry_buffer(entry_buffer const&) = delete;
  entry_buffer& operator=(entry_buffer const&) = delete;

  char* data() { return room_.data(); }
  std::size_t size() const { return room_.size(); }
  bool grow() {
    if (room_.size() >= entry_octets_max) return false;
    std::size_t const more = room_.size() * 4;
    wipe(room_);
    room_.assign(more, '\0');
    return true;
  }

 private:
  std::string room_;
};

using file_handle = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

file_handle open_file(std::string const& path) { return {std::fopen(path.c_str(), "re"), std::fclose}; }

passwd_entry make_entry(passwd const& found) { return {secret(std::string_view(found.pw_passwd))}; }
shadow_entry make_entry(spwd const& found) {
  return {.hash = secret(std::string_view(found.sp_pwdp)),
          .last_change = found.sp_lstchg,
          .password_days = found.sp_max,
          .grace_days = found.sp_inact,
          .expires = found.sp_expire};
}

struct passwd_calls {
  using record = passwd;
  using entry = passwd_entry;
  static char const* name(record const& one) { return one.pw_name; }
  static char const* hash(record const& one) { return one.pw_passwd; }
  static int by_name(char const* name, record* into, char* room, std::size_t size, record** found) {
    return ::getpwnam_r(name, into, room, size, found);
  }
  static int next(std::FILE* file, record* into, char* room, std::size_t size, record** found) {
    return ::fgetpwent_r(file, into, room, size, found);
  }
};

struct shadow_calls {
  using record = spwd;
  using entry = shadow_entry;
  static char const* name(record const& one) { return one.sp_namp; }
  static char const* hash(record const& one) { return one.sp_pwdp; }
  static int by_name(char const* name, record* into, char* room, std::size_t size, record** found) {
    return ::getspnam_r(name, into, room, size, found);
  }
  static int next(std::FILE* file, record* into, char* room, std::size_t size, record** found) {
    return ::fgetspent_r(file, into, room, size, found);
  }
};

// What "no such user" may look like besides 0. [getpwnam(3)]
bool means_unknown(int error) { return error == ENOENT || error == ESRCH || error == EBADF || error == EPERM; }

template <class Calls>
entry_answer<typename Calls::entry> find_in_system(std::string const& name) {
  entry_buffer room;
  typename Calls::record record{};
  typename Calls::record* found = nullptr;
  for (;;) {
    int const error = Calls::by_name(name.c_str(), &record, room.data(), room.size(), &found);
    if (error == ERANGE && room.grow()) continue;
    if (found != nullptr) return make_entry(*found);
    if (error != 0 && !means_unknown(error)) return std::unexpected(error);
    return std::nullopt;
  }
}

template <class Calls, class Wanted>
entry_answer<typename Calls::entry> find_in_file(std::string const& path, std::size_t entries_max, Wanted wanted) {
  auto const file = open_file(path);
  if (!file) return std::unexpected(errno);
  entry_buffer room;
  typename Calls::record record{};
  typename Calls::record* found = nullptr;
  for (std::size_t count = 0; count < entries_max;) {
    int const error = Calls::next(file.get(), &record, room.data(), room.size(), &found);
    if (error == ERANGE && room.grow()) continue;
    if (error != 0 || found == nullptr) break;
    if (wanted(*found)) return make_entry(*found);
    ++count;
  }
  return std::nullopt;
}

template <class Calls>
entry_answer<typename Calls::entry> find_entry(std::string const& name, std::string const& file) {
  if (name.find('\0') != std::string::npos) return std::nullopt;
  if (file.empty()) return find_in_system<Calls>(name);
  return find_in_file<Calls>(file, SIZE_MAX, [&](auto const& one) { return name == Calls::name(one); });
}

template <class Calls>
std::optional<secret> find_any_hash(std::string const& file) {
  auto found = find_in_file<Calls>(file, any_hash_entries_max,
                                   [](auto const& one) { return crypt_password::is_hash(Calls::hash(one)); });
  if (!found || !*found) return std::nullopt;
  return std::move((*found)->hash);
}

}  // namespace

entry_answer<passwd_entry> find_passwd_entry(std::string const& name, std::string const& file) {
  return find_entry<passwd_calls>(name, file);
}

entry_answer<shadow_entry> find_shadow_entry(std::string const& name, std::string const& file) {
  return find_entry<shadow_calls>(name, file);
}

std::optional<secret> find_any_shadow_hash(std::string const& file) {
  return find_any_hash<shadow_calls>(file.empty() ? "/etc/shadow" : file);
}

std::optional<secret> find_any_passwd_hash(std::string const& file) {
  return find_any_hash<passwd_calls>(file.empty() ? "/etc/passwd" : file);
}

}  // namespace postern::auth
