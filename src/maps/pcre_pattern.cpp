// pcre: patterns by PCRE2.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/freed_by.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "maps/pattern.hpp"

namespace postern::maps {
namespace {

struct flag_row {
  char letter;
  std::uint32_t option;
};
// Flags toggle; i and s are on at first.
constexpr std::array flag_rows{flag_row{'i', PCRE2_CASELESS}, flag_row{'m', PCRE2_MULTILINE},
                               flag_row{'s', PCRE2_DOTALL},   flag_row{'x', PCRE2_EXTENDED},
                               flag_row{'A', PCRE2_ANCHORED}, flag_row{'E', PCRE2_DOLLAR_ENDONLY},
                               flag_row{'U', PCRE2_UNGREEDY}};

result<std::uint32_t> options_of(std::string_view flags) {
  std::uint32_t options = PCRE2_CASELESS | PCRE2_DOTALL;
  for (char letter : flags) {
    auto const* row = std::ranges::find(flag_rows, letter, &flag_row::letter);
    if (letter == 'X') return fail("flag 'X' is not supported by PCRE2");
    if (row == flag_rows.end()) return fail(fmt::format("there is no flag '{}'", printable({&letter, 1})));
    options ^= row->option;
  }
  return options;
}

using code_ptr = std::unique_ptr<pcre2_code, freed_by<pcre2_code_free>>;

result<code_ptr> compile_code(std::string_view expression, std::uint32_t options) {
  int number = 0;
  std::size_t place = 0;
  code_ptr code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()), expression.size(), options, &number,
                              &place, nullptr));
  if (code) return code;
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(number, text.data(), text.size());
  return fail(fmt::format("{} at offset {}", reinterpret_cast<char const*>(text.data()), place));
}

// What one thread needs to match anything; made once, as making it costs more than many a match.
class match_space {
 public:
  static constexpr std::uint32_t groups_known_max = 99;
  match_space() {
    pcre2_set_match_limit(context_, match_steps_max);
    pcre2_set_heap_limit(context_, match_kibibytes_max);
  }
  ~match_space() {
    pcre2_match_data_free(data_);
    pcre2_match_context_free(context_);
  }
  match_space(match_space const&) = delete;
  match_space& operator=(match_space const&) = delete;
  pcre2_match_context* context() { return context_; }
  pcre2_match_data* data() { return data_; }

 private:
  static constexpr std::uint32_t pairs = groups_known_max + 1;
  pcre2_match_context* context_ = pcre2_match_context_create(nullptr);
  pcre2_match_data* data_ = pcre2_match_data_create(pairs, nullptr);
};

match_space& space_of_thread() {
  thread_local match_space space;
  return space;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

class pcre_pattern final : public pattern {
 public:
  pcre_pattern(std::string_view expression, std::uint32_t options, code_ptr octets)
      : expression_(expression), options_(options), octets_(std::move(octets)) {
    std::uint32_t count = 0;
    pcre2_pattern_info(octets_.get(), PCRE2_INFO_CAPTURECOUNT, &count);
    groups_ = std::min<std::size_t>(count, match_space::groups_known_max);
  }

  result<bool> match(std::string_view subject, std::size_t wanted, std::vector<std::string_view>& groups) override {
    auto& space = space_of_thread();
    int status = pcre2_match(code_for(subject), reinterpret_cast<PCRE2_SPTR>(subject.data()), subject.size(), 0, 0,
                             space.data(), space.context());
    if (status == PCRE2_ERROR_NOMATCH) return false;
    if (status < 0) return fail(fmt::format("the match was given up: {}", reason(status)));
    groups.clear();
    auto const* places = pcre2_get_ovector_pointer(space.data());
    auto const known = std::min<std::size_t>(wanted, pcre2_get_ovector_count(space.data()) - 1);
    for (std::size_t i = 0; i <= known; ++i) {
      bool const set = (status == 0 || i < static_cast<std::size_t>(status)) && places[2 * i] != PCRE2_UNSET;
      groups.push_back(set ? subject.substr(places[2 * i], places[2 * i + 1] - places[2 * i]) : std::string_view{});
    }
    return true;
  }

  std::size_t groups() const override { return groups_; }

 private:
  static std::string reason(int status) {
    std::array<PCRE2_UCHAR, 256> text{};
    pcre2_get_error_message(status, text.data(), text.size());
    return reinterpret_cast<char const*>(text.data());
  }

  // UTF-8 is matched by characters, everything else by octets: what hides behind a broken character is seen too.
  pcre2_code* code_for(std::string_view subject) {
    if (is_ascii(subject) || !is_utf8(subject)) return octets_.get();
    if (!characters_tried_) {
      characters_tried_ = true;
      if (auto code = compile_code(expression_, options_ | PCRE2_UTF)) characters_ = std::move(*code);
    }
    return characters_ ? characters_.get() : octets_.get();
  }

  std::string expression_;
  std::uint32_t options_;
  code_ptr octets_;
  code_ptr characters_;
  bool characters_tried_ = false;
  std::size_t groups_ = 0;
};

result<std::unique_ptr<pattern>> compile(std::string_view expression, std::string_view flags) {
  auto options = options_of(flags);
  if (!options) return std::unexpected(options.error());
  auto code = compile_code(expression, *options);
  if (!code) return std::unexpected(code.error());
  return std::make_unique<pcre_pattern>(expression, *options, std::move(*code));
}

required_literals literals(std::string_view expression, std::string_view flags) {
  bool const extended = std::ranges::count(flags, 'x') % 2 == 1;
  return extended ? required_literals{} : find_required_literals(expression, expression_dialect::perl);
}

}  // namespace

pattern_syntax const pcre_syntax{"pcre", compile, literals};

}  // namespace postern::maps
