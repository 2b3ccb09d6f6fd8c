#include "maps/handed_table.hpp"

#include "base/base64.hpp"
#include "base/text.hpp"

namespace postern::maps {
namespace {

constexpr std::string_view white_space = " \t\r\n";

// A string that grows by itself leaves its old octets behind in freed memory.
void append_wiping(std::string& to, std::string_view more) {
  if (to.size() + more.size() > to.capacity()) {
    std::string larger;
    larger.reserve(2 * (to.size() + more.size()));
    larger += to;
    wipe(to);
    to = std::move(larger);
  }
  to += more;
}

class handed_table final : public table {
 public:
  explicit handed_table(secret text) : text_(std::move(text)) {}

  result<std::optional<std::string>> find(std::string_view key) override { return find_exact(lowercase(key)); }

  result<std::optional<std::string>> find_exact(std::string_view key) override {
    for (auto line : split(text_.reveal(), '\n')) {
      auto const space = line.find(' ');
      if (space != std::string_view::npos && line.substr(0, space) == key) return std::string(line.substr(space + 1));
    }
    return std::nullopt;
  }

  result<std::vector<entry>> entries() override { return parse_handed_table(text_.reveal()); }

 private:
  secret text_;
};

}  // namespace

std::unique_ptr<table> make_handed_table(secret text) { return std::make_unique<handed_table>(std::move(text)); }

result<secret> read_file_value(std::string_view value, file_reader const& read) {
  if (auto decoded = decode_base64(value); decoded && decoded->starts_with("-----BEGIN"))
    return secret(std::move(*decoded));
  std::string all;
  for (auto file : split_any(value, ", \t")) {
    auto text = read(std::string(file));
    if (!text) {
      wipe(all);
      return std::unexpected(text.error());
    }
    append_wiping(all, text->reveal());
  }
  return secret(std::move(all));
}

secret format_handed_table(std::vector<entry> const& entries, file_reader const& read) {
  std::string text;
  for (auto const& [key, value] : entries) {
    if (key.empty() || key.find_first_of(white_space) != std::string::npos || value.contains('\n')) continue;
    auto content = read_file_value(value, read);
    secret const shown(content ? encode_base64(content->reveal()) : value);
    for (std::string_view piece :
         {std::string_view(key), std::string_view(" "), shown.reveal(), std::string_view("\n")})
      append_wiping(text, piece);
  }
  return secret(std::move(text));
}

std::vector<entry> parse_handed_table(std::string_view text) {
  std::vector<entry> out;
  for (auto line : split(text, '\n')) {
    auto space = line.find(' ');
    if (space != std::string_view::npos)
      out.push_back({std::string(line.substr(0, space)), std::string(line.substr(space + 1))});
  }
  return out;
}

}  // namespace postern::maps
