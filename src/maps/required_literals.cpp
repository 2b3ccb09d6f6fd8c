#include "maps/required_literals.hpp"

#include <optional>

#include "base/text.hpp"

namespace postern::maps {
namespace {

// How often the thing before a quantifier must be there.
enum class repetition : std::uint8_t { once, at_least_once, maybe };

class reader {
 public:
  reader(std::string_view text, expression_dialect dialect) : rest_(text), perl_(dialect == expression_dialect::perl) {}

  required_literals read() {
    while (!rest_.empty()) {
      if (!take_element()) return {};
    }
    if (!open_.empty()) return {};
    end_alternative();
    for (auto const& runs : out_.alternatives) {
      if (runs.empty()) return {};
    }
    return std::move(out_);
  }

 private:
  struct group {
    std::size_t runs_before = 0;
    bool alternatives = false;
  };

  void end_run() {
    if (!run_.empty()) runs_.push_back(std::move(run_));
    run_.clear();
  }

  void end_alternative() {
    end_run();
    out_.alternatives.push_back(std::move(runs_));
    runs_.clear();
  }

  // False: not understood.
  bool take_element() {
    char const c = rest_.front();
    switch (c) {
      case '^':
      case '$':
        end_run();
        rest_.remove_prefix(1);
        return rest_.empty() || !is_quantifier(rest_.front());
      case '(':
        return take_open();
      case ')':
        return take_close();
      case '|':
        rest_.remove_prefix(1);
        end_run();
        if (open_.empty())
          end_alternative();
        else
          open_.back().alternatives = true;
        return true;
      case '[':
        return take_class() && skip_opaque();
      case '.':
        rest_.remove_prefix(1);
        return skip_opaque();
      case '\\':
        return take_escape();
      case '*':
      case '+':
      case '?':
      case '{':
        return false;  // nothing to repeat, or a brace that may mean itself
      default:
        rest_.remove_prefix(1);
        return take_literal(c);
    }
  }

  static bool is_quantifier(char c) { return c == '*' || c == '+' || c == '?' || c == '{'; }

  std::optional<repetition> take_quantifiers() {
    auto out = repetition::once;
    while (!rest_.empty() && is_quantifier(rest_.front())) {
      char const c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '*' || c == '?') {
        // Behind another quantifier '?' only says how greedy that one is; to take it for more costs nothing but speed.
        out = repetition::maybe;
      } else if (c == '+') {
        if (out == repetition::once) out = repetition::at_least_once;
      } else {
        auto close = rest_.find('}');
        if (close == std::string_view::npos) return std::nullopt;
        auto bounds = rest_.substr(0, close);
        auto least = parse_unsigned(bounds.substr(0, bounds.find(',')));
        if (!least || bounds.find_first_not_of("0123456789,") != std::string_view::npos) return std::nullopt;
        rest_.remove_prefix(close + 1);
        if (*least == 0)
          out = repetition::maybe;
        else if (out == repetition::once)
          out = repetition::at_least_once;
      }
    }
    return out;
  }

  // Something that matches I do not care what has gone by; its quantifier with it.
  bool skip_opaque() {
    end_run();
    return take_quantifiers().has_value();
  }

  bool take_literal(char c) {
    auto times = take_quantifiers();
    if (!times) return false;
    bool const ascii = static_cast<unsigned char>(c) < 0x80;
    if (*times != repetition::maybe && ascii) run_ += ascii_lower(c);
    // "a+b": the run may go on with more of the same before what follows.
    if (*times != repetition::once || !ascii) end_run();
    return true;
  }

  bool take_escape() {
    if (rest_.size() < 2) return false;
    char const c = rest_[1];
    rest_.remove_prefix(2);
    if (perl_) {
      constexpr std::string_view classes = "dDwWsSbBhHvVRN";
      if (classes.contains(c)) return !rest_.starts_with('{') && skip_opaque();
      return !is_ascii_alnum(c) && take_literal(c);
    }
    constexpr std::string_view glibc_anchors = "<>`'";
    return !is_ascii_alnum(c) && !glibc_anchors.contains(c) && take_literal(c);
  }

  bool take_class() {
    std::size_t i = 1;
    if (i < rest_.size() && rest_[i] == '^') ++i;
    if (i < rest_.size() && rest_[i] == ']') ++i;
    while (i < rest_.size() && rest_[i] != ']') {
      if (perl_ && rest_[i] == '\\') {
        if (i + 1 >= rest_.size() || rest_[i + 1] == 'Q' || rest_[i + 1] == 'E') return false;
        i += 2;
      } else if (rest_[i] == '[' && i + 1 < rest_.size() && std::string_view(":.=").contains(rest_[i + 1])) {
        char const closing[] = {rest_[i + 1], ']'};
        auto close = rest_.find(std::string_view(closing, 2), i + 2);
        // "[[:]" is a class of brackets and colons to PCRE; not worth telling apart.
        if (close == std::string_view::npos) return false;
        if (rest_.substr(i + 2, close - i - 2).find_first_of("]\\") != std::string_view::npos) return false;
        i = close + 2;
      } else {
        ++i;
      }
    }
    if (i >= rest_.size()) return false;
    rest_.remove_prefix(i + 1);
    return true;
  }

  bool take_open() {
    end_run();
    rest_.remove_prefix(1);
    if (rest_.starts_with('*') || open_.size() == groups_depth_max) return false;
    if (rest_.starts_with('?')) {
      if (!perl_ || !rest_.starts_with("?:")) return false;
      rest_.remove_prefix(2);
    }
    open_.push_back({runs_.size(), false});
    return true;
  }

  bool take_close() {
    if (open_.empty()) return false;
    end_run();
    rest_.remove_prefix(1);
    auto times = take_quantifiers();
    if (!times) return false;
    if (open_.back().alternatives || *times == repetition::maybe) runs_.resize(open_.back().runs_before);
    open_.pop_back();
    return true;
  }

  std::string_view rest_;
  bool perl_;
  std::string run_;
  std::vector<std::string> runs_;
  std::vector<group> open_;
  required_literals out_;
};

}  // namespace

required_literals find_required_literals(std::string_view expression, expression_dialect dialect) {
  return reader(expression, dialect).read();
}

void fold_for_literals(std::string_view subject, std::string& into) {
  into.clear();
  into.reserve(subject.size());
  for (std::size_t i = 0; i < subject.size(); ++i) {
    if (subject.substr(i, 2) == "\xc5\xbf") {
      into += 's';
      i += 1;
    } else if (subject.substr(i, 3) == "\xe2\x84\xaa") {
      into += 'k';
      i += 2;
    } else {
      into += ascii_lower(subject[i]);
    }
  }
}

}  // namespace postern::maps
