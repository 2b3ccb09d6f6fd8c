#include "receive/sni_identities.hpp"

#include <map>
#include <memory>

#include <fmt/format.h>

#include "base/text.hpp"
#include "maps/handed_table.hpp"

namespace postern::receive {
namespace {

// From masterd, who may read more than we; without it, or when it could not, by ourselves.
result<std::vector<maps::entry>> entries_of(std::string const& name, secret_reader const& read_secret) {
  if (auto handed = read_secret(name)) return maps::parse_handed_table(handed->reveal());
  auto table = maps::open_table(name);
  if (!table) return std::unexpected(table.error());
  return (*table)->entries();
}

}  // namespace

result<std::vector<net::tls_identity>> parse_identities(std::string_view pem, std::string const& named) {
  static constexpr std::string_view begin = "-----BEGIN ";
  std::vector<net::tls_identity> out;
  for (auto at = pem.find(begin); at != std::string_view::npos;) {
    auto next = pem.find(begin, at + 1);
    auto block = pem.substr(at, next == std::string_view::npos ? next : next - at);
    at = next;
    auto label = block.substr(0, block.find('\n'));
    if (label.contains("PRIVATE KEY")) out.push_back({{}, secret(block), named});
    if (!label.contains("CERTIFICATE")) continue;  // "EC PARAMETERS" says nothing that the key does not
    if (out.empty()) return fail(fmt::format("{}: the key must stand before its certificates", named));
    out.back().certificates_pem += block;
  }
  if (out.empty()) return fail(fmt::format("{}: there is no key in it", named));
  return out;
}

namespace {

// An identity that OpenSSL would not take must not cost the others theirs.
result<std::vector<net::tls_identity>> load_entry(maps::entry const& one, secret_reader const& read_secret) {
  auto pem = maps::read_file_value(one.value, read_secret);
  if (!pem) return std::unexpected(pem.error());
  auto identities = parse_identities(pem->reveal(), "its value");
  if (!identities) return identities;
  net::tls_options trial;
  trial.identities = *identities;
  if (auto made = net::tls_context::make_server(std::move(trial)); !made) return std::unexpected(made.error());
  return identities;
}

}  // namespace

identities_by_name load_sni_identities(config::settings const& settings, secret_reader const& read_secret,
                                       std::vector<std::string>& problems) {
  identities_by_name out;
  auto complain = [&problems](std::string const& what) {
    problems.push_back(fmt::format("tls_server_sni_maps: {}; clients get the default certificate instead", what));
  };
  for (auto const& name : settings.list("tls_server_sni_maps")) {
    auto entries = entries_of(name, read_secret);
    if (!entries) {
      complain(entries.error().text);
      continue;
    }
    for (auto& one : *entries) {
      auto identities = load_entry(one, read_secret);
      wipe(one.value);
      if (identities)
        out.emplace(lowercase(one.key), std::move(*identities));
      else
        complain(fmt::format("{}: {}", printable(one.key), identities.error().text));
    }
  }
  return out;
}

}  // namespace postern::receive
