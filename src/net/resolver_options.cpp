#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "base/text.hpp"
#include "net/resolver.hpp"

namespace postern::net {
namespace {

// A file that is missing is as good as an empty one: so it is for the C library.
std::string read_whole(std::string const& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  return std::move(text).str();
}

result<std::string> parse_server(std::string_view text) {
  auto host = text.substr(0, text.find('@'));
  auto port = host.size() == text.size() ? std::string_view("53") : text.substr(host.size() + 1);
  auto number = parse_unsigned(port);
  if (!ip_address::parse(host) || !number || *number == 0 || *number > 65535) {
    return fail(fmt::format("resolver_address: \"{}\" is not an address or address@port", text));
  }
  return std::string(text);
}

void take_resolv_conf(std::string_view text, std::vector<std::string>& servers) {
  for (auto line : split(text, '\n')) {
    auto words = split_any(line, " \t\r");
    if (words.size() < 2 || words[0] != "nameserver") continue;
    if (ip_address::parse(words[1])) servers.emplace_back(words[1]);
  }
}

void take_trust_anchors(std::string_view text, std::vector<std::string>& anchors) {
  for (auto line : split(text, '\n')) {
    auto record = trim(line.substr(0, line.find(';')));
    if (!record.empty()) anchors.emplace_back(record);
  }
}

}  // namespace

result<resolver_options> load_resolver_options(std::vector<std::string> const& servers, resolver_files const& files) {
  resolver_options options;
  for (auto const& one : servers) {
    auto server = parse_server(one);
    if (!server) return std::unexpected(server.error());
    options.servers.push_back(std::move(*server));
  }
  if (options.servers.empty()) take_resolv_conf(read_whole(files.resolv_conf), options.servers);
  if (options.servers.empty()) options.servers.emplace_back("127.0.0.1");
  options.hosts = hosts_table::parse(read_whole(files.hosts));
  if (!files.trust_anchor.empty()) take_trust_anchors(read_whole(files.trust_anchor), options.trust_anchors);
  return options;
}

}  // namespace postern::net
