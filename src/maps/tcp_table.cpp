#include <fmt/format.h>

#include "maps/remote_tables.hpp"
#include "maps/server_channel.hpp"
#include "maps/tcp_protocol.hpp"

namespace postern::maps {
namespace {

constexpr std::chrono::seconds time_limit{100};  // tcp_table(5)

class tcp_table final : public remote_table {
 public:
  explicit tcp_table(server_address at) : channel_(std::move(at), tcp_reply_octets_max) {}
  bool is_pattern() const override { return true; }

  result<std::optional<std::string>> find(std::string_view key) override {
    auto const line = channel_.ask(
        format_tcp_request(key),
        [](std::string_view so_far) -> result<std::size_t> {
          auto const end = so_far.find('\n');
          return end == std::string_view::npos ? 0 : end + 1;
        },
        std::chrono::steady_clock::now() + time_limit);
    if (!line) return fail("tcp:" + line.error().text);
    auto told = parse_tcp_reply(*line);
    if (!told) return fail(fmt::format("tcp:{}: {}", channel_.address().text(), told.error().text));
    return told;
  }

 private:
  server_channel channel_;
};

}  // namespace

result<std::unique_ptr<table>> open_tcp(std::string_view name) {
  auto at = parse_inet_server(name);
  if (!at) return fail(fmt::format("tcp:{}: {}", name, at.error().text));
  return std::make_unique<tcp_table>(std::move(*at));
}

void ask_for_tcp(std::string_view name, os::sandbox_rules& rules) {
  if (auto const at = parse_inet_server(name)) ask_for_server(*at, rules);
}

}  // namespace postern::maps
