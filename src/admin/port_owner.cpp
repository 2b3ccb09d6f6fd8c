#include "admin/port_owner.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::admin {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view listening_state = "0A";

std::string read_start(std::string const& path, std::size_t octets_max) {
  std::ifstream file(path, std::ios::binary);
  std::string out(octets_max, '\0');
  file.read(out.data(), static_cast<std::streamsize>(out.size()));
  out.resize(static_cast<std::size_t>(file.gcount()));
  return out;
}

bool holds_socket(fs::path const& descriptors, std::vector<std::string> const& links) {
  std::error_code error;
  for (fs::directory_iterator one(descriptors, error), end; !error && one != end; one.increment(error)) {
    std::error_code ignored;
    auto link = fs::read_symlink(one->path(), ignored).string();
    if (std::ranges::find(links, link) != links.end()) return true;
  }
  return false;
}

}  // namespace

// sl local_address rem_address st tx:rx tr:when retransmits uid timeout inode …; the port in hexadecimal.
std::vector<std::uint64_t> parse_listening_inodes(std::string_view table, std::uint16_t port) {
  auto wanted = fmt::format(":{:04X}", port);
  std::vector<std::uint64_t> out;
  for (auto line : split(table, '\n')) {
    auto words = split_any(line, " ");
    if (words.size() < 10 || words[3] != listening_state || !words[1].ends_with(wanted)) continue;
    if (auto inode = parse_unsigned(words[9])) out.push_back(*inode);
  }
  return out;
}

std::string find_port_owner(std::uint16_t port) {
  std::vector<std::string> links;
  for (auto const* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    for (auto inode : parse_listening_inodes(read_start(table, net_table_octets_max), port))
      links.push_back(fmt::format("socket:[{}]", inode));
  }
  if (links.empty()) return {};
  std::error_code error;
  for (fs::directory_iterator one("/proc", error), end; !error && one != end; one.increment(error)) {
    auto pid = one->path().filename().string();
    if (!parse_unsigned(pid) || !holds_socket(one->path() / "fd", links)) continue;
    auto name = read_start((one->path() / "comm").string(), 64);
    return fmt::format("{} (pid {})", printable(trim(name)), pid);
  }
  return {};
}

}  // namespace postern::admin
