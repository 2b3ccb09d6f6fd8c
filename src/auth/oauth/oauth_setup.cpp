#include "auth/oauth/oauth_setup.hpp"

#include <filesystem>

#include <fmt/ranges.h>

#include "auth/oauth/token_verifier.hpp"
#include "base/text.hpp"
#include "os/directories.hpp"
#include "os/network_needs.hpp"

namespace postern::auth::oauth {
namespace {

constexpr std::chrono::seconds file_fresh_time{2};  // a file is cheap to read again

bool is_url(std::string_view text) { return istarts_with(text, "http://") || istarts_with(text, "https://"); }

result<std::string> read_text_file(std::string const& path, std::size_t octets_max) {
  auto const file = os::open_to_read(path);
  if (!file) return std::unexpected(file.error());
  auto text = os::read_whole(*file, octets_max);
  if (!text) return fail(path + ": " + text.error().text);
  return text;
}

class loader {
 public:
  loader(config::settings const& from, secret_reader const& read_secret) : from_(from), read_secret_(read_secret) {
    http_.ca_file = from.text("authd_oauth_ca_file");
    http_.time_limit = from.duration("authd_oauth_timeout");
  }

  oauth_setup load() {
    auto const jwks = from_.text("authd_oauth_jwks");
    auto const url = from_.text("authd_oauth_introspection_url");
    if (jwks.empty() && url.empty()) return std::move(out_);
    load_http();
    auto const scopes = from_.list("authd_oauth_scope");
    if (!scopes.empty()) out_.scope = fmt::format("{}", fmt::join(scopes, " "));
    out_.configuration = from_.text("authd_oauth_configuration_url");
    token_verifier::options how{.policy = {.issuer = from_.text("authd_oauth_issuer"),
                                           .audience = from_.list("authd_oauth_audience"),
                                           .scopes = scopes,
                                           .leeway = from_.duration("authd_oauth_leeway")},
                                .username_claim = from_.text("authd_oauth_username_claim")};
    if (!jwks.empty()) how.keys = load_keys(jwks);
    if (!url.empty()) how.introspection = load_introspection(url);
    if (!jwks.empty() && (how.policy.issuer.empty() || how.policy.audience.empty())) {
      out_.troubles.emplace_back(
          "authd_oauth_issuer or authd_oauth_audience is empty: tokens that were made for others are taken too");
    }
    auto const shared = std::make_shared<token_verifier>(std::move(how));
    out_.tokens = [shared]() -> token_judge {
      return [shared](login const&, secret const& token) {
        return shared->verify(token, std::chrono::system_clock::now());
      };
    };
    return std::move(out_);
  }

 private:
  std::shared_ptr<key_source> load_keys(std::string const& where) {
    if (!is_url(where)) {
      if (!where.starts_with('/')) out_.troubles.push_back("authd_oauth_jwks: " + where + " is no absolute path");
      // The directory, because the file may be replaced by another one of its name.
      out_.needs.readable.push_back(std::filesystem::path(where).parent_path().string());
      out_.needs.syscalls.push_back(os::syscall_set::files_read);
      auto const octets_max = http_.octets_max;
      return std::make_shared<key_source>(
          key_source::options{.read = [where, octets_max] { return read_text_file(where, octets_max); },
                              .fresh_time = file_fresh_time,
                              .refetch_time = file_fresh_time});
    }
    ask_for_network("authd_oauth_jwks", where);
    return std::make_shared<key_source>(key_source::options{.read = [where, http = http_]() -> result<std::string> {
      auto response = read_http({.url = where}, http);
      if (!response) return std::unexpected(response.error());
      if (response->status != 200) return fail(fmt::format("{}: HTTP status {}", where, response->status));
      return std::move(response->body);
    }});
  }

  introspection_options load_introspection(std::string const& url) {
    ask_for_network("authd_oauth_introspection_url", url);
    return {.url = url,
            .client_id = from_.text("authd_oauth_client_id"),
            .client_secret = load_client_secret(),
            .http = http_};
  }

  secret load_client_secret() {
    auto const path = from_.text("authd_oauth_client_secret_file");
    if (path.empty()) return {};
    auto const text = read_secret_(path);
    if (text) return secret(trim(text->reveal()));
    out_.troubles.push_back("authd_oauth_client_secret_file: " + text.error().text);
    return {};
  }

  void ask_for_network(std::string_view parameter, std::string const& url) {
    auto const port = parse_url_port(url);
    if (!port) {
      out_.troubles.push_back(fmt::format("{}: {}", parameter, port.error().text));
      return;
    }
    if (!istarts_with(url, "https://")) {
      out_.troubles.push_back(
          fmt::format("{}: {}: without TLS whoever is in between can say what he likes", parameter, url));
    }
    os::ask_for_network(*port, out_.needs);
    if (!http_.ca_file.empty()) out_.needs.readable.push_back(http_.ca_file);
  }

  config::settings const& from_;
  secret_reader const& read_secret_;
  http_options http_;
  oauth_setup out_;
};

}  // namespace

oauth_setup load_oauth_setup(config::settings const& from, secret_reader const& read_secret) {
  return loader(from, read_secret).load();
}

}  // namespace postern::auth::oauth
