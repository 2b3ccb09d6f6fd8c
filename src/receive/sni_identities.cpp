#include "receive/sni_identities.hpp"

#include <map>
#include <memory>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "maps/table.hpp"

namespace postern::receive {
namespace {

using identities_by_name = std::map<std::string, std::vector<net::tls_identity>>;

// The value of an entry as PEM text.
result<secret> pem_of(maps::entry const& one, secret_reader const& read_secret) {
  if (auto decoded = decode_base64(one.value); decoded && decoded->starts_with("-----BEGIN"))
    return secret(std::move(*decoded));
  std::string all;
  for (auto file : split_any(one.value, ", \t")) {
    auto text = read_secret(std::string(file));
    if (!text) return std::unexpected(text.error());
    all += text->reveal();
  }
  return secret(std::move(all));
}

}  // namespace

result<std::vector<net::tls_identity>> parse_identities(std::string_view pem, std::string const& named) {
  static constexpr std::string_view begin = "-----BEGIN ";
  std::vector<net::tls_identity> out;
  for (auto at = pem.find(begin); at != std::string_view::npos;) {
    auto next = pem.find(begin, at + 1);
    auto block = pem.substr(at, next == std::string_view::npos ? next : next - at);
    bool is_key = block.substr(0, block.find('\n')).contains("PRIVATE KEY");
    if (is_key) out.push_back({{}, secret(block), named});
    if (!is_key && out.empty()) return fail(fmt::format("{}: the key must stand before its certificates", named));
    if (!is_key) out.back().certificates_pem += block;
    at = next;
  }
  if (out.empty()) return fail(fmt::format("{}: there is no key in it", named));
  return out;
}

result<std::function<std::vector<net::tls_identity>(std::string const&)>> load_sni_identities(
    config::settings const& settings, secret_reader const& read_secret) {
  auto loaded = std::make_shared<identities_by_name>();
  for (auto const& name : settings.list("tls_server_sni_maps")) {
    auto table = maps::open_table(name);
    if (!table) return fail("tls_server_sni_maps: " + table.error().text);
    auto entries = (*table)->entries();
    if (!entries) return fail("tls_server_sni_maps: " + entries.error().text);
    for (auto const& one : *entries) {
      auto pem = pem_of(one, read_secret);
      if (!pem) return fail(fmt::format("tls_server_sni_maps: {}: {}", one.key, pem.error().text));
      auto identities = parse_identities(pem->reveal(), fmt::format("tls_server_sni_maps entry {}", one.key));
      if (!identities) return std::unexpected(identities.error());
      loaded->emplace(lowercase(one.key), std::move(*identities));
    }
  }
  if (loaded->empty()) return nullptr;
  return [loaded](std::string const& server_name) -> std::vector<net::tls_identity> {
    if (auto place = loaded->find(server_name); place != loaded->end()) return place->second;
    for (auto dot = server_name.find('.'); dot != std::string::npos; dot = server_name.find('.', dot + 1)) {
      if (auto place = loaded->find(server_name.substr(dot)); place != loaded->end()) return place->second;
    }
    return {};
  };
}

}  // namespace postern::receive
