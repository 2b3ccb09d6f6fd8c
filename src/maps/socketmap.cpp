#include <fmt/format.h>

#include "base/text.hpp"
#include "maps/remote_tables.hpp"
#include "maps/server_channel.hpp"
#include "maps/socketmap_protocol.hpp"

namespace postern::maps {
namespace {

constexpr std::chrono::seconds time_limit{100};  // as tcp_table(5) has it; the protocol's page names none

struct socketmap_name {
  server_address at;
  std::string map;
};

/// "inet:host:port:map" or "unix:/path:map"
result<socketmap_name> parse_name(std::string_view name) {
  auto const colon = name.rfind(':');
  auto const wrong = [&](std::string_view why) { return fail(fmt::format("socketmap:{}: {}", name, why)); };
  if (colon == std::string_view::npos || colon + 1 == name.size()) return wrong("the name of the map is missing");
  auto at = parse_server(name.substr(0, colon));
  if (!at) return wrong(at.error().text + ", with :map behind it");
  return socketmap_name{std::move(*at), std::string(name.substr(colon + 1))};
}

class socketmap_table final : public remote_table {
 public:
  explicit socketmap_table(socketmap_name name)
      : channel_(std::move(name.at), socketmap_reply_octets_max + 10), map_(std::move(name.map)) {}
  bool is_pattern() const override { return true; }

  result<std::optional<std::string>> find(std::string_view key) override {
    auto const told = channel_.ask(
        format_socketmap_request(map_, key),
        [](std::string_view so_far) { return measure_netstring(so_far, socketmap_reply_octets_max); },
        std::chrono::steady_clock::now() + time_limit);
    if (!told) return fail(fmt::format("socketmap:{}", told.error().text));
    auto value = parse_socketmap_reply(*told);
    if (!value) return fail(fmt::format("socketmap:{}:{}: {}", channel_.address().text(), map_, value.error().text));
    return value;
  }

 private:
  server_channel channel_;
  std::string map_;
};

}  // namespace

result<std::unique_ptr<table>> open_socketmap(std::string_view name) {
  auto parsed = parse_name(name);
  if (!parsed) return std::unexpected(parsed.error());
  return std::make_unique<socketmap_table>(std::move(*parsed));
}

void ask_for_socketmap(std::string_view name, os::sandbox_rules& rules) {
  if (auto const parsed = parse_name(name)) ask_for_server(parsed->at, rules);
}

}  // namespace postern::maps
