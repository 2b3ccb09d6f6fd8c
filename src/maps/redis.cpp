#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "maps/key_filter.hpp"
#include "maps/key_template.hpp"
#include "maps/redis_protocol.hpp"
#include "maps/remote_tables.hpp"
#include "maps/server_channel.hpp"
#include "maps/table_options.hpp"

namespace postern::maps {
namespace {

struct redis_options {
  std::string host = "127.0.0.1";
  int port = 6379;
  std::string socket;
  std::string username;
  secret password;
  int db = 0;
  std::string key_format = "%s";
  std::string hash;   ///< HGET hash KEY
  std::string field;  ///< HGET KEY field
  std::string result_format = "%s";
  std::vector<std::string> domains;
  int data_size_limit = 10240;
  std::chrono::seconds timeout{2};
  bool tls = false;
  std::string tls_ca_file;
  std::string tls_ca_path;
  std::string tls_certificate_file;
  std::string tls_key_file;
};

using row = option_row<redis_options>;
constexpr std::array<row, 18> rows = {{
    {"host", &redis_options::host},
    {"port", &redis_options::port, 1, 65535},
    {"socket", &redis_options::socket},
    {"username", &redis_options::username},
    {"password", &redis_options::password},
    {"db", &redis_options::db, 0, 1'000'000},
    {"key_format", &redis_options::key_format},
    {"hash", &redis_options::hash},
    {"field", &redis_options::field},
    {"result_format", &redis_options::result_format},
    {"domain", &redis_options::domains},
    {"data_size_limit", &redis_options::data_size_limit, 1, 512 * 1024 * 1024},
    {"timeout", &redis_options::timeout, 1, 3600},
    {"tls", &redis_options::tls},
    {"tls_CAfile", &redis_options::tls_ca_file},
    {"tls_CApath", &redis_options::tls_ca_path},
    {"tls_cert_file", &redis_options::tls_certificate_file},
    {"tls_key_file", &redis_options::tls_key_file},
}};

server_address address_of(redis_options const& options) {
  if (!options.socket.empty()) return {options.socket, {}, {}};
  return {{}, options.host, std::to_string(options.port)};
}

tls_files files_of(redis_options const& options) {
  return {options.tls_ca_file, options.tls_ca_path, options.tls_certificate_file, options.tls_key_file};
}

class redis_table final : public remote_table {
 public:
  redis_table(std::string name, redis_options const& options, key_template key_format, key_template result_format,
              key_filter filter, std::shared_ptr<tls_client const> tls)
      : name_(std::move(name)),
        options_(options),
        channel_(address_of(options), static_cast<std::size_t>(options.data_size_limit) + redis_line_octets_max),
        key_format_(std::move(key_format)),
        result_format_(std::move(result_format)),
        filter_(std::move(filter)) {
    if (tls) channel_.use_tls(std::move(tls));
    channel_.on_connected([this](server_channel::time_point deadline) { return log_in(deadline); });
  }

  result<std::optional<std::string>> find(std::string_view key) override {
    auto const prepared = filter_.prepare(key);
    if (!prepared || !*prepared) return prepared;
    address_parts const parts(**prepared);
    auto const wanted = key_format_.expand(parts, parts);
    if (!wanted || !result_format_.fits_key(parts)) return std::nullopt;
    auto const told = channel_.ask(
        request(*wanted), [this](std::string_view so_far) { return measure_redis_reply(so_far, value_max()); },
        std::chrono::steady_clock::now() + options_.timeout);
    if (!told) return fail(fmt::format("{}: {}", name_, told.error().text));
    auto const value = parse_redis_reply(*told, value_max());
    if (!value) return fail(fmt::format("{}: {}", name_, value.error().text));
    if (!*value) return std::nullopt;
    return result_format_.expand(parts, address_parts(**value));
  }

 private:
  std::size_t value_max() const { return static_cast<std::size_t>(options_.data_size_limit); }

  std::string request(std::string_view key) const {
    if (!options_.hash.empty())
      return format_redis_command(std::array<std::string_view, 3>{"HGET", options_.hash, key});
    if (!options_.field.empty()) {
      return format_redis_command(std::array<std::string_view, 3>{"HGET", key, options_.field});
    }
    return format_redis_command(std::array<std::string_view, 2>{"GET", key});
  }

  result<> log_in(server_channel::time_point deadline) {
    if (!options_.password.empty()) {
      std::vector<std::string_view> words = {"AUTH"};
      if (!options_.username.empty()) words.push_back(options_.username);
      words.push_back(options_.password.reveal());
      if (auto done = greet("AUTH", words, deadline); !done) return done;
    }
    auto const db = std::to_string(options_.db);
    if (options_.db == 0) return {};
    return greet("SELECT", std::array<std::string_view, 2>{"SELECT", db}, deadline);
  }

  // Servers repeat what they do not know, passwords too: of their words only the first is shown.
  result<> greet(std::string_view command, std::span<std::string_view const> words,
                 server_channel::time_point deadline) {
    auto const told = channel_.exchange(
        format_redis_command(words), [](std::string_view so_far) { return measure_redis_reply(so_far, 0); }, deadline);
    if (!told) return std::unexpected(told.error());
    if (told->starts_with('+')) return {};
    auto const word = std::string_view(*told).substr(1, told->find_first_of(" \r") - 1);
    return fail(fmt::format("{}: {} is refused: {}", channel_.address().text(), command, printable(word, 40)));
  }

  std::string name_;
  redis_options options_;
  server_channel channel_;
  key_template key_format_;
  key_template result_format_;
  key_filter filter_;
};

result<redis_options> load(table_options const& from) {
  redis_options options;
  if (auto applied = apply_options<redis_options>(from, rows, options); !applied) {
    return std::unexpected(applied.error());
  }
  if (!options.hash.empty() && !options.field.empty()) {
    return from.complain("field", "there is hash as well: HGET takes its hash and the key, or the key and its field");
  }
  if (options.tls && !options.socket.empty()) return from.complain("tls", "a socket needs none");
  if (!options.username.empty() && options.password.empty()) return from.complain("username", "password is missing");
  return options;
}

}  // namespace

result<std::unique_ptr<table>> open_redis(std::string_view name) {
  auto const from = table_options::load("redis", name);
  if (!from) return std::unexpected(from.error());
  auto const options = load(*from);
  if (!options) return std::unexpected(options.error());
  auto key_format = key_template::parse(options->key_format);
  if (!key_format) return from->complain("key_format", key_format.error().text);
  auto result_format = key_template::parse(options->result_format);
  if (!result_format) return from->complain("result_format", result_format.error().text);
  auto filter = key_filter::load(options->domains);
  if (!filter) return from->complain("domain", filter.error().text);
  std::shared_ptr<tls_client const> tls;
  if (options->tls) {
    auto loaded = tls_client::load(files_of(*options));
    if (!loaded) return from->complain("tls", loaded.error().text);
    tls = std::move(*loaded);
  }
  return std::make_unique<redis_table>(from->table_name(), *options, std::move(*key_format), std::move(*result_format),
                                       std::move(*filter), std::move(tls));
}

void ask_for_redis(std::string_view name, os::sandbox_rules& rules) {
  ask_for_options(name, rules);
  auto const from = table_options::load("redis", name);
  if (!from) return;
  auto const options = load(*from);
  if (!options) return;
  ask_for_server(address_of(*options), rules);
  ask_for_domains(options->domains, rules);
  if (!options->tls) return;
  std::ranges::move(list_trusted_places(files_of(*options)), std::back_inserter(rules.readable));
  for (auto const& file : {options->tls_ca_file, options->tls_certificate_file, options->tls_key_file}) {
    if (!file.empty()) rules.readable.push_back(file);
  }
}

}  // namespace postern::maps
