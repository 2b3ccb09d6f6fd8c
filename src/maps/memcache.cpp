#include <array>
#include <thread>

#include <fmt/format.h>

#include "maps/key_filter.hpp"
#include "maps/key_template.hpp"
#include "maps/memcache_protocol.hpp"
#include "maps/remote_tables.hpp"
#include "maps/server_channel.hpp"
#include "maps/table_options.hpp"

namespace postern::maps {
namespace {

constexpr int most = 1'000'000'000;

struct memcache_options {
  std::string server = "inet:localhost:11211";
  std::string backup;
  int flags = 0;
  int ttl = 3600;
  std::string key_format = "%s";
  std::vector<std::string> domains;
  int data_size_limit = 10240;
  int line_size_limit = 1024;
  int tries = 2;
  std::chrono::seconds pause{1};
  std::chrono::seconds timeout{2};
};

using row = option_row<memcache_options>;
constexpr std::array<row, 11> rows = {{
    {"memcache", &memcache_options::server},
    {"backup", &memcache_options::backup},
    {"flags", &memcache_options::flags, 0, most},
    {"ttl", &memcache_options::ttl, 0, most},
    {"key_format", &memcache_options::key_format},
    {"domain", &memcache_options::domains},
    {"data_size_limit", &memcache_options::data_size_limit, 1, most},
    {"line_size_limit", &memcache_options::line_size_limit, 1, most},
    {"max_try", &memcache_options::tries, 1, 100},
    {"retry_pause", &memcache_options::pause, 0, 3600},
    {"timeout", &memcache_options::timeout, 1, 3600},
}};

class memcache_table final : public remote_table {
 public:
  memcache_table(std::string name, memcache_options const& options, server_address at, key_template key_format,
                 key_filter filter, std::unique_ptr<table> backup)
      : name_(std::move(name)),
        options_(options),
        limits_{static_cast<std::size_t>(options.line_size_limit), static_cast<std::size_t>(options.data_size_limit)},
        channel_(std::move(at), limits_.line + limits_.data + 7),
        key_format_(std::move(key_format)),
        filter_(std::move(filter)),
        backup_(std::move(backup)) {}

  result<std::optional<std::string>> find(std::string_view key) override {
    auto const prepared = filter_.prepare(key);
    if (!prepared || !*prepared) return prepared;
    address_parts const parts(**prepared);
    auto const cached = key_format_.expand(parts, parts);
    if (!cached) return std::nullopt;
    bool const cacheable = is_memcache_key(*cached);
    auto told = cacheable ? get(*cached) : result<std::optional<std::string>>();
    if ((told && *told) || !backup_) return told;
    auto kept = backup_->find(**prepared);
    if (cacheable && kept && *kept) set(*cached, **kept);
    return kept;
  }

 private:
  result<std::optional<std::string>> get(std::string const& key) {
    auto const told =
        ask(format_memcache_get(key), [&](std::string_view so_far) { return measure_memcache_value(so_far, limits_); });
    if (!told) return std::unexpected(told.error());
    auto value = parse_memcache_value(*told, key, limits_);
    if (!value) return fail(fmt::format("{}: {}", name_, value.error().text));
    return value;
  }

  // The answer is there already: a cache that does not take it is no reason to lose it.
  void set(std::string const& key, std::string const& value) {
    if (value.size() > limits_.data) return;
    auto const request =
        format_memcache_set(key, value, static_cast<unsigned>(options_.flags), static_cast<unsigned>(options_.ttl));
    static_cast<void>(ask(request, [&](std::string_view so_far) { return measure_line(so_far, limits_.line); }));
  }

  result<std::string> ask(std::string const& request, server_channel::measure const& length) {
    for (int i = 1;; ++i) {
      auto told = channel_.ask(request, length, std::chrono::steady_clock::now() + options_.timeout);
      bool const away = !told && told.error().system_error == ECONNREFUSED;
      if (told) return told;
      if (away || i >= options_.tries) return fail(fmt::format("{}: {}", name_, told.error().text));
      std::this_thread::sleep_for(options_.pause);
    }
  }

  std::string name_;
  memcache_options options_;
  memcache_limits limits_;
  server_channel channel_;
  key_template key_format_;
  key_filter filter_;
  std::unique_ptr<table> backup_;
};

result<memcache_options> load(table_options const& from) {
  memcache_options options;
  if (auto applied = apply_options<memcache_options>(from, rows, options); !applied) {
    return std::unexpected(applied.error());
  }
  return options;
}

}  // namespace

result<std::unique_ptr<table>> open_memcache(std::string_view name) {
  auto const from = table_options::load("memcache", name);
  if (!from) return std::unexpected(from.error());
  auto const options = load(*from);
  if (!options) return std::unexpected(options.error());
  auto at = parse_server(options->server, "11211");
  if (!at) return from->complain("memcache", at.error().text);
  auto key_format = key_template::parse(options->key_format);
  if (!key_format) return from->complain("key_format", key_format.error().text);
  auto filter = key_filter::load(options->domains);
  if (!filter) return from->complain("domain", filter.error().text);
  std::unique_ptr<table> backup;
  if (!options->backup.empty()) {
    auto opened = open_table(options->backup);
    if (!opened) return from->complain("backup", opened.error().text);
    backup = std::move(*opened);
  }
  return std::make_unique<memcache_table>(from->table_name(), *options, std::move(*at), std::move(*key_format),
                                          std::move(*filter), std::move(backup));
}

void ask_for_memcache(std::string_view name, os::sandbox_rules& rules) {
  ask_for_options(name, rules);
  auto const from = table_options::load("memcache", name);
  if (!from) return;
  auto const options = load(*from);
  if (!options) return;
  if (auto const at = parse_server(options->server, "11211")) ask_for_server(*at, rules);
  ask_for_table(options->backup, rules);
  ask_for_domains(options->domains, rules);
}

}  // namespace postern::maps
