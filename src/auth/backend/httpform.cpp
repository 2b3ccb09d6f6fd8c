#include "auth/backend/httpform.hpp"

#include <array>

#include <curl/curl.h>
#include <fmt/format.h>

#include "auth/backend/httpform_options.hpp"
#include "base/text.hpp"

namespace postern::auth {
namespace {

using code = password_answer::code;

constexpr std::size_t response_octets_max = 65536;
constexpr std::string_view unexpected = "[ALERT] Unexpected response from remote authentication server";
constexpr std::string_view no_contact = "[ALERT] Couldn't contact remote authentication server";
constexpr std::string_view accepted = "remote authentication successful";

struct handle_closer {
  void operator()(CURL* handle) const noexcept { ::curl_easy_cleanup(handle); }
};
struct list_closer {
  void operator()(curl_slist* list) const noexcept { ::curl_slist_free_all(list); }
};

/// What is kept of a response.
struct response {
  std::size_t octets = 0;
  std::string status_line;  ///< the last one, without its line end
};

std::size_t count(response& into, std::size_t size) {
  into.octets += size;
  return into.octets <= response_octets_max ? size : 0;  // 0 makes libcurl give up
}

std::size_t on_header(char* data, std::size_t size, std::size_t items, void* context) {
  auto& into = *static_cast<response*>(context);
  std::string_view const line(data, size * items);
  if (line.starts_with("HTTP/")) into.status_line = trim(line);
  return count(into, line.size());
}

std::size_t on_body(char* /*data*/, std::size_t size, std::size_t items, void* context) {
  return count(*static_cast<response*>(context), size * items);
}

/// "Forbidden" of "HTTP/1.1 403 Forbidden".
std::string reason_phrase(std::string_view status_line) {
  auto const words = split(status_line, ' ');
  if (words.size() < 3) return {};
  auto const begin = words[0].size() + words[1].size() + 2;
  return printable(status_line.substr(begin), 256);
}

class httpform_backend : public password_backend {
 public:
  httpform_backend(httpform_options options, std::chrono::milliseconds time_limit)
      : options_(std::move(options)), time_limit_(time_limit), url_(options_.url()), handle_(::curl_easy_init()) {}

  password_answer check(password_question const& question) override;

 private:
  void prepare(response& received);

  httpform_options options_;
  std::chrono::milliseconds time_limit_;
  std::string url_;
  std::unique_ptr<CURL, handle_closer> handle_;
  std::unique_ptr<curl_slist, list_closer> headers_;
};

void httpform_backend::prepare(response& received) {
  auto* const handle = handle_.get();
  ::curl_easy_reset(handle);  // connections and DNS answers stay
  if (!headers_) {
    headers_.reset(::curl_slist_append(nullptr, "Content-Type: application/x-www-form-urlencoded"));
    headers_.reset(::curl_slist_append(headers_.release(), "Expect:"));
  }
  ::curl_easy_setopt(handle, CURLOPT_URL, url_.c_str());
  ::curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  ::curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers_.get());
  ::curl_easy_setopt(handle, CURLOPT_USERAGENT, "saslauthd");
  ::curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  ::curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  ::curl_easy_setopt(handle, CURLOPT_PROXY, "");
  ::curl_easy_setopt(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  ::curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(time_limit_.count()));
  ::curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  ::curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options_.ca_file.empty()) ::curl_easy_setopt(handle, CURLOPT_CAINFO, options_.ca_file.c_str());
  ::curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
  ::curl_easy_setopt(handle, CURLOPT_HEADERDATA, &received);
  ::curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
  ::curl_easy_setopt(handle, CURLOPT_WRITEDATA, &received);
}

password_answer httpform_backend::check(password_question const& question) {
  if (question.login.empty() || question.password.empty()) {
    return {code::no, "", "an empty name or password is not asked for"};
  }
  auto const form = format_form(options_.data, question.login, question.password, question.realm);
  response received;
  prepare(received);
  std::array<char, CURL_ERROR_SIZE> trouble{};
  ::curl_easy_setopt(handle_.get(), CURLOPT_ERRORBUFFER, trouble.data());
  ::curl_easy_setopt(handle_.get(), CURLOPT_POSTFIELDS, form.reveal().data());
  ::curl_easy_setopt(handle_.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(form.size()));
  auto const done = ::curl_easy_perform(handle_.get());
  long status = 0;
  ::curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  // The handle must not keep pointers into what goes now.
  ::curl_easy_reset(handle_.get());
  if (done != CURLE_OK) {
    auto const* const why = trouble.front() != '\0' ? trouble.data() : ::curl_easy_strerror(done);
    bool const answered = !received.status_line.empty();
    return {code::unavailable, std::string(answered ? unexpected : no_contact),
            fmt::format("{}: {}", url_, printable(why, 256))};
  }
  if (status == 200 || status == 204) return {code::yes, std::string(accepted), ""};
  auto detail = fmt::format("{} said: {}", url_, printable(received.status_line, 256));
  if (status == 403) return {code::no, reason_phrase(received.status_line), std::move(detail)};
  return {code::unavailable, std::string(unexpected), std::move(detail)};
}

}  // namespace

result<std::unique_ptr<password_backend>> make_httpform_backend(backend_options const& options) {
  // Not safe beside other threads, so once and before any of ours asks.
  static bool const ready = ::curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  if (!ready) return fail("httpform: libcurl cannot be used");
  auto const conf =
      saslauthd_conf::load(options.argument.empty() ? std::string(default_saslauthd_conf) : options.argument);
  if (!conf) return std::unexpected(conf.error());
  auto parsed = parse_httpform_options(*conf);
  if (!parsed) return std::unexpected(parsed.error());
  warn_once(conf->warnings());
  warn_once(find_unknown_keys(*conf, "httpform_", is_httpform_key));
  auto const limit = parsed->timeout > 0 ? std::chrono::seconds(parsed->timeout) : options.time_limit;
  return std::make_unique<httpform_backend>(std::move(*parsed), limit);
}

}  // namespace postern::auth
