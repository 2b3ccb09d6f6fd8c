// regexp: patterns by the C library's POSIX expressions.
#include <regex.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "maps/pattern.hpp"

namespace postern::maps {
namespace {

struct flag_row {
  char letter;
  int option;
};
constexpr std::array flag_rows{flag_row{'i', REG_ICASE}, flag_row{'m', REG_NEWLINE}, flag_row{'x', REG_EXTENDED}};

result<int> options_of(std::string_view flags) {
  int options = REG_EXTENDED | REG_ICASE;
  for (char letter : flags) {
    auto const* row = std::ranges::find(flag_rows, letter, &flag_row::letter);
    if (row == flag_rows.end()) return fail(fmt::format("there is no flag '{}'", printable({&letter, 1})));
    options ^= row->option;
  }
  return options;
}

// Compiled it takes kilobytes, so it is compiled when it is first needed; compile() below has found out that it can be.
class regexp_pattern final : public pattern {
 public:
  regexp_pattern(std::string_view expression, int options, std::size_t groups)
      : expression_(expression), options_(options), groups_(groups) {}
  ~regexp_pattern() override {
    if (ready_) ::regfree(&compiled_);
  }
  regexp_pattern(regexp_pattern const&) = delete;
  regexp_pattern& operator=(regexp_pattern const&) = delete;

  result<bool> match(std::string_view subject, std::size_t wanted, std::vector<std::string_view>& groups) override {
    if (!ready_) {
      if (::regcomp(&compiled_, expression_.c_str(), options_) != 0) return fail("the expression cannot be compiled");
      ready_ = true;
    }
    // Without a wish for groups the library stops at the first match it sees.
    std::array<regmatch_t, groups_known_max + 1> places{};
    places[0].rm_so = 0;
    places[0].rm_eo = static_cast<regoff_t>(subject.size());
    int status = ::regexec(&compiled_, subject.data(), wanted == 0 ? 0 : wanted + 1, places.data(), REG_STARTEND);
    if (status == REG_NOMATCH) return false;
    if (status != 0) return fail("the match was given up: no memory");
    groups.clear();
    for (std::size_t i = 0; i <= wanted && wanted > 0; ++i) {
      auto const [from, to] = places[i];
      groups.push_back(from < 0 ? std::string_view{} : subject.substr(from, to - from));
    }
    return true;
  }

  std::size_t groups() const override { return std::min(groups_, groups_known_max); }

 private:
  static constexpr std::size_t groups_known_max = 99;
  std::string expression_;
  int options_;
  std::size_t groups_;
  regex_t compiled_{};
  bool ready_ = false;
};

result<std::unique_ptr<pattern>> compile(std::string_view expression, std::string_view flags) {
  auto options = options_of(flags);
  if (!options) return std::unexpected(options.error());
  std::string const text(expression);
  regex_t compiled{};
  if (int status = ::regcomp(&compiled, text.c_str(), *options); status != 0) {
    std::array<char, 256> why{};
    ::regerror(status, &compiled, why.data(), why.size());
    return fail(why.data());
  }
  auto const groups = compiled.re_nsub;
  ::regfree(&compiled);
  return std::make_unique<regexp_pattern>(text, *options, groups);
}

required_literals literals(std::string_view expression, std::string_view flags) {
  bool const basic = std::ranges::count(flags, 'x') % 2 == 1;
  return basic ? required_literals{} : find_required_literals(expression, expression_dialect::posix);
}

}  // namespace

pattern_syntax const regexp_syntax{"regexp", compile, literals};

}  // namespace postern::maps
