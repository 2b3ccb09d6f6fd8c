#include "auth/oauth/http.hpp"

#include <memory>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/freed_by.hpp"
#include "base/text.hpp"

namespace postern::auth::oauth {
namespace {

using handle_ptr = std::unique_ptr<CURL, freed_by<curl_easy_cleanup>>;
using headers_ptr = std::unique_ptr<curl_slist, freed_by<curl_slist_free_all>>;
using url_ptr = std::unique_ptr<CURLU, freed_by<curl_url_cleanup>>;

struct body_buffer {
  std::string text;
  std::size_t octets_max = 0;
};

extern "C" std::size_t take_body(char* data, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<body_buffer*>(into);
  if (body.text.size() + size * count > body.octets_max) return 0;  // which ends the transfer
  body.text.append(data, size * count);
  return size * count;
}

// curl_easy_setopt is a variadic macro of casts; it is said once here.
// NOLINTBEGIN(cppcoreguidelines-pro-type-vararg,hicpp-vararg)
void set(CURL* handle, CURLoption option, long value) { curl_easy_setopt(handle, option, value); }
void set(CURL* handle, CURLoption option, char const* value) { curl_easy_setopt(handle, option, value); }

void set_body(CURL* handle, http_request const& request, body_buffer& body) {
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &body);
  if (!request.form) return;
  set(handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.form->size()));
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.form->reveal().data());  // not copied
}

void set_headers(CURL* handle, headers_ptr const& headers) {
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
}

long status_of(CURL* handle) {
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}
// NOLINTEND(cppcoreguidelines-pro-type-vararg,hicpp-vararg)

void set_limits(CURL* handle, http_options const& options) {
  set(handle, CURLOPT_NOSIGNAL, 1L);
  set(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(options.time_limit.count()));
  set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  set(handle, CURLOPT_FOLLOWLOCATION, 0L);
  set(handle, CURLOPT_PROXY, "");
  set(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  set(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) set(handle, CURLOPT_CAINFO, options.ca_file.c_str());
}

void set_login(CURL* handle, http_request const& request) {
  if (request.user.empty()) return;
  // Both are form-encoded before they are joined. [RFC 6749 §2.3.1]
  set(handle, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
  set(handle, CURLOPT_USERNAME, encode_form_value(request.user).c_str());
  secret const password(encode_form_value(request.password.reveal()));
  set(handle, CURLOPT_PASSWORD, std::string(password.reveal()).c_str());
}

}  // namespace

void load_http() { curl_global_init(CURL_GLOBAL_DEFAULT); }

result<http_response> read_http(http_request const& request, http_options const& options) {
  handle_ptr const handle(curl_easy_init());
  if (!handle) return fail("libcurl gives no handle");
  body_buffer body{.text = {}, .octets_max = options.octets_max};
  headers_ptr const headers(curl_slist_append(nullptr, "Accept: application/json"));
  set_limits(handle.get(), options);
  set(handle.get(), CURLOPT_URL, request.url.c_str());
  set_login(handle.get(), request);
  set_body(handle.get(), request, body);
  set_headers(handle.get(), headers);
  auto const code = curl_easy_perform(handle.get());
  if (code == CURLE_WRITE_ERROR) return fail(request.url + ": the answer is too long");
  if (code != CURLE_OK) return fail(request.url + ": " + curl_easy_strerror(code));
  return http_response{status_of(handle.get()), std::move(body.text)};
}

result<std::uint16_t> parse_url_port(std::string const& url) {
  if (!istarts_with(url, "http://") && !istarts_with(url, "https://"))
    return fail(url + " is no http:// or https:// URL");
  url_ptr const parsed(curl_url());
  char* text = nullptr;
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
      curl_url_get(parsed.get(), CURLUPART_PORT, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) {
    return fail(url + " is no URL");
  }
  auto const port = parse_unsigned(text);
  curl_free(text);
  if (!port || *port == 0 || *port > 65535) return fail(url + " has no port that there could be");
  return static_cast<std::uint16_t>(*port);
}

std::string encode_form_value(std::string_view text) {
  std::string out;
  for (char const c : text) {
    if (is_ascii_alnum(c) || std::string_view("-._~").find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

}  // namespace postern::auth::oauth
