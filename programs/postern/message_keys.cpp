#include "programs/postern/message_keys.hpp"

#include <algorithm>
#include <cstdint>

#include "base/text.hpp"

namespace postern::cli {
namespace {

bool is_header(std::string_view line) {
  auto colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  auto name = line.substr(0, colon);
  while (name.ends_with(' ') || name.ends_with('\t')) name.remove_suffix(1);
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
}

std::string boundary_of(std::string_view content_type) {
  for (auto parameter : split(content_type, ';')) {
    parameter = trim(parameter);
    if (!istarts_with(parameter, "boundary=")) continue;
    auto value = trim(parameter.substr(std::string_view("boundary=").size()));
    if (value.starts_with('"')) value = value.substr(1, value.find('"', 1) - 1);
    return std::string(value);
  }
  return {};
}

class walker {
 public:
  explicit walker(message_key_options const& options) : options_(options) {}

  void take(std::string_view line) {
    if (in_header_) {
      if (!header_.empty() && (line.starts_with(' ') || line.starts_with('\t'))) {
        header_ += '\n';
        header_ += line;
        return;
      }
      end_header();
      if (is_header(line)) {
        header_ = line;
        return;
      }
      begin_body();
      if (line.empty()) return;
    }
    take_body_line(line);
  }

  std::vector<std::string> finish() {
    end_header();
    return std::move(keys_);
  }

 private:
  enum class content : std::uint8_t { other, multipart, message };

  void end_header() {
    if (header_.empty()) return;
    if (options_.headers) keys_.push_back(header_);
    constexpr std::string_view type = "content-type:";
    if (istarts_with(header_, type)) {
      auto value = trim(std::string_view(header_).substr(type.size()));
      boundary_ = boundary_of(value);
      content_ = istarts_with(value, "multipart/") && !boundary_.empty()                          ? content::multipart
                 : istarts_with(value, "message/rfc822") || istarts_with(value, "message/global") ? content::message
                                                                                                  : content::other;
    }
    header_.clear();
  }

  void begin_body() {
    in_header_ = false;
    if (!options_.mime) return;
    if (content_ == content::multipart && boundaries_.size() < mime_depth_max) boundaries_.push_back("--" + boundary_);
    in_header_ = content_ == content::message;
    content_ = content::other;
  }

  void take_body_line(std::string_view line) {
    if (options_.body && !line.empty()) keys_.emplace_back(line);
    auto place = std::ranges::find_if(boundaries_.rbegin(), boundaries_.rend(),
                                      [&](std::string const& one) { return line.starts_with(one); });
    if (place == boundaries_.rend()) return;
    bool const closing = line.substr(place->size()).starts_with("--");
    boundaries_.erase(place.base(), boundaries_.end());
    if (closing) boundaries_.pop_back();
    in_header_ = !closing;
  }

  message_key_options options_;
  std::vector<std::string> keys_;
  std::vector<std::string> boundaries_;
  std::string header_;
  std::string boundary_;
  content content_ = content::other;
  bool in_header_ = true;
};

}  // namespace

std::vector<std::string> find_message_keys(std::string_view message, message_key_options const& options) {
  walker out(options);
  if (message.ends_with('\n')) message.remove_suffix(1);
  for (auto line : split(message, '\n')) out.take(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
  return out.finish();
}

}  // namespace postern::cli
