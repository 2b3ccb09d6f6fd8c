#include "os/landlock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include <sys/stat.h>
#include <sys/syscall.h>

#include "os/unique_fd.hpp"

namespace postern::os {
namespace {

constexpr long create_ruleset_call = 444;  // the same number on every architecture
constexpr long add_rule_call = 445;
constexpr long restrict_self_call = 446;

struct ruleset_attributes {
  std::uint64_t handled_files = 0;
  std::uint64_t handled_net = 0;  // version 4
  std::uint64_t scoped = 0;       // version 6
};
struct [[gnu::packed]] path_beneath {
  std::uint64_t allowed = 0;
  std::int32_t parent_fd = -1;
};
struct net_port {
  std::uint64_t allowed = 0;
  std::uint64_t port = 0;
};
constexpr int rule_path_beneath = 1;
constexpr int rule_net_port = 2;

constexpr std::uint64_t bit(unsigned n) { return std::uint64_t{1} << n; }
constexpr std::uint64_t execute = bit(0), write_file = bit(1), read_file = bit(2), read_directory = bit(3);
constexpr std::uint64_t version_1_rights = bit(13) - 1;
constexpr std::uint64_t refer = bit(13), truncate = bit(14), device_ioctl = bit(15);
constexpr std::uint64_t bind_tcp = bit(0), connect_tcp = bit(1);
constexpr std::uint64_t scope_abstract_sockets = bit(0), scope_signals = bit(1);
constexpr std::uint64_t rights_of_a_file = execute | write_file | read_file | truncate | device_ioctl;

std::uint64_t handled_rights(int version) {
  std::uint64_t rights = version_1_rights;
  if (version >= 2) rights |= refer;
  if (version >= 3) rights |= truncate;
  if (version >= 5) rights |= device_ioctl;
  return rights;
}

result<> allow_path(int ruleset, std::string const& path, std::uint64_t rights) {
  unique_fd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!place) {
    // Whatever is missing needs no permission.
    if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return {};
    return fail_errno("opening " + path + " for the sandbox", errno);
  }
  struct stat about{};
  if (::fstat(place.get(), &about) != 0) return fail_errno("fstat " + path, errno);
  if (!S_ISDIR(about.st_mode)) rights &= rights_of_a_file;
  path_beneath rule{rights, place.get()};
  if (::syscall(add_rule_call, ruleset, rule_path_beneath, &rule, 0) != 0)
    return fail_errno("Landlock rule for " + path, errno);
  return {};
}

result<> allow_paths(int ruleset, sandbox_rules const& rules, std::uint64_t handled) {
  for (auto const& path : rules.readable) {
    if (auto done = allow_path(ruleset, path, read_file | read_directory); !done) return done;
  }
  for (auto const& path : rules.writable) {
    if (auto done = allow_path(ruleset, path, handled & ~(execute | device_ioctl)); !done) return done;
  }
  return {};
}

result<> allow_ports(int ruleset, tcp_rules const& tcp) {
  for (auto port : tcp.connect_ports) {
    net_port rule{connect_tcp, port};
    if (::syscall(add_rule_call, ruleset, rule_net_port, &rule, 0) != 0)
      return fail_errno("Landlock rule for TCP port " + std::to_string(port), errno);
  }
  return {};
}

}  // namespace

int landlock_version() {
  long version = ::syscall(create_ruleset_call, nullptr, 0, 1);
  return version < 0 ? 0 : static_cast<int>(version);
}

result<int> restrict_with_landlock(sandbox_rules const& rules) {
  int version = landlock_version();
  if (version == 0) return 0;
  bool restrict_net = version >= 4 && !rules.tcp.any;
  ruleset_attributes attributes;
  attributes.handled_files = handled_rights(version);
  if (restrict_net) attributes.handled_net = bind_tcp | connect_tcp;
  if (version >= 6) attributes.scoped = scope_abstract_sockets | scope_signals;
  std::size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  unique_fd ruleset(static_cast<int>(::syscall(create_ruleset_call, &attributes, size, 0)));
  if (!ruleset) return fail_errno("landlock_create_ruleset", errno);
  if (auto done = allow_paths(ruleset.get(), rules, attributes.handled_files); !done)
    return std::unexpected(done.error());
  if (restrict_net) {
    if (auto done = allow_ports(ruleset.get(), rules.tcp); !done) return std::unexpected(done.error());
  }
  if (::syscall(restrict_self_call, ruleset.get(), 0) != 0) return fail_errno("landlock_restrict_self", errno);
  return version;
}

}  // namespace postern::os
