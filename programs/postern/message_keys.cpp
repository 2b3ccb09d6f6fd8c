#include "programs/postern/message_keys.hpp"

#include "base/text.hpp"
#include "message/header_filter.hpp"
#include "rewrite/mime_walk.hpp"

namespace postern::cli {
namespace {

class collector {
 public:
  explicit collector(message_key_options const& options) : options_(options), walk_({.enabled = options.mime}) {}

  void take(std::string_view line) {
    if (!walk_.in_header()) return take_body_line(line);
    if (!field_.empty() && (line.starts_with(' ') || line.starts_with('\t'))) {
      field_ += '\n';
      field_ += line;
      return;
    }
    end_field();
    if (message::field_name_length(line) > 0) {
      field_ = line;
      return;
    }
    walk_.on_header_end();
    if (!line.empty()) take_body_line(line);
  }

  std::vector<std::string> finish() {
    end_field();
    return std::move(keys_);
  }

 private:
  void end_field() {
    if (field_.empty()) return;
    if (options_.headers) keys_.push_back(field_);
    walk_.on_field(field_);
    field_.clear();
  }

  void take_body_line(std::string_view line) {
    if (options_.body && !line.empty()) keys_.emplace_back(line);
    walk_.on_body_line(line);
  }

  message_key_options options_;
  rewrite::mime_walk walk_;
  std::vector<std::string> keys_;
  std::string field_;
};

}  // namespace

std::vector<std::string> find_message_keys(std::string_view message, message_key_options const& options) {
  collector out(options);
  if (message.ends_with('\n')) message.remove_suffix(1);
  for (auto line : split(message, '\n')) out.take(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
  return out.finish();
}

}  // namespace postern::cli
