#include "maps/pattern_table.hpp"

#include <optional>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "maps/literal_filter.hpp"
#include "maps/pattern.hpp"
#include "maps/result_text.hpp"
#include "maps/rule_blocks.hpp"
#include "maps/source_lines.hpp"
#include "maps/watched_table.hpp"

namespace postern::maps {
namespace {

struct condition {
  std::size_t line = 0;
  std::unique_ptr<pattern> tried;
  bool negated = false;
  block inside = no_block;
};

struct rule {
  condition when;
  result_text what;
};

class pattern_table final : public table {
 public:
  pattern_table(std::string named, std::vector<condition> conditions, std::vector<rule> rules, literal_filter filter)
      : named_(std::move(named)),
        conditions_(std::move(conditions)),
        rules_(std::move(rules)),
        filter_(std::move(filter)) {}

  result<std::optional<std::string>> find(std::string_view key) override {
    filter_.collect(key, candidates_);
    memo_.begin(conditions_.size());
    for (auto id : candidates_) {
      auto& one = rules_[id];
      auto inside = memo_.holds(
          one.when.inside, [this](block i) { return at(i).inside; },
          [&](block i) { return try_condition(at(i), key, 0); });
      if (!inside) return std::unexpected(inside.error());
      if (!*inside) continue;
      auto matched = try_condition(one.when, key, one.what.highest_group());
      if (!matched) return std::unexpected(matched.error());
      if (*matched) return one.what.expand(groups_);
    }
    return std::nullopt;
  }

  result<std::vector<entry>> entries() override { return fail(named_ + " has patterns, no keys to list"); }
  bool is_pattern() const override { return true; }

 private:
  condition& at(block i) { return conditions_[static_cast<std::size_t>(i)]; }

  result<bool> try_condition(condition& one, std::string_view key, std::size_t groups) {
    auto matched = one.tried->match(key, groups, groups_);
    if (!matched) return fail(fmt::format("{}, line {}: {}", named_, one.line, matched.error().text));
    return *matched != one.negated;
  }

  std::string named_;
  std::vector<condition> conditions_;
  std::vector<rule> rules_;
  literal_filter filter_;
  // Kept from question to question for their memory alone.
  std::vector<std::uint32_t> candidates_;
  std::vector<std::string_view> groups_;
  block_memo memo_;
};

class rule_reader {
 public:
  rule_reader(pattern_syntax const& syntax, std::string named) : syntax_(syntax), named_(std::move(named)) {}

  void read(source_line const& line) {
    line_ = line.number;
    if (is_ascii_space(line.text.front())) return remark("the first line begins with white space; ignoring it");
    auto parsed = parse_rule_line(line.text);
    switch (parsed.what) {
      case rule_line::kind::end:
        if (!blocks_.close()) remark("endif without if; ignoring it");
        if (!parsed.text.empty()) remark("ignoring the text behind endif");
        break;
      case rule_line::kind::condition:
        read_condition(parsed);
        break;
      case rule_line::kind::rule:
        read_rule(parsed);
        break;
    }
  }

  std::unique_ptr<table> finish() {
    for (auto line : blocks_.open_lines()) {
      line_ = line;
      remark("if without endif");
    }
    filter_.finish();
    return std::make_unique<pattern_table>(named_, std::move(conditions_), std::move(rules_), std::move(filter_));
  }

 private:
  struct split_pattern {
    std::string_view expression, flags, rest;
  };

  void remark(std::string_view what) const { log::warning("{}, line {}: {}", named_, line_, what); }

  // "/expression/flags rest"; nothing, and a remark, when it has no such form.
  std::optional<split_pattern> split(std::string_view text) const {
    if (text.empty() || is_ascii_alnum(text.front()))
      return remark("this is no /pattern/; skipping the rule"), std::nullopt;
    std::size_t end = 1;
    while (end < text.size() && text[end] != text.front()) end += text[end] == '\\' ? 2 : 1;
    if (end >= text.size()) return remark("the pattern is not closed; skipping the rule"), std::nullopt;
    auto rest = text.substr(end + 1);
    auto flags = rest.substr(0, std::min(rest.find_first_of(" \t\r\n\v\f"), rest.size()));
    return split_pattern{text.substr(1, end - 1), flags, trim(rest.substr(flags.size()))};
  }

  std::unique_ptr<pattern> compile(split_pattern const& parts) const {
    auto compiled = syntax_.compile(parts.expression, parts.flags);
    if (compiled) return std::move(*compiled);
    remark(compiled.error().text + "; skipping the rule");
    return nullptr;
  }

  void read_condition(rule_line const& parsed) {
    auto parts = split(parsed.text);
    if (!parts) return;
    if (!parts->rest.empty())
      remark("ignoring the text behind the pattern of if; lines between if and endif must not begin with white space");
    auto compiled = compile(*parts);
    if (!compiled) return;
    conditions_.push_back({line_, std::move(compiled), parsed.negated, blocks_.current()});
    blocks_.open(static_cast<block>(conditions_.size()) - 1, line_);
  }

  void read_rule(rule_line const& parsed) {
    auto parts = split(parsed.text);
    if (!parts) return;
    if (parts->rest.empty()) remark("the rule has no result; an empty text is its result");
    auto text = result_text::parse(parts->rest);
    if (!text) return remark(text.error().text + "; skipping the rule");
    if (parsed.negated && text->highest_group() > 0)
      return remark("a rule with ! has no groups for its result to name; skipping the rule");
    auto compiled = compile(*parts);
    if (!compiled) return;
    if (text->highest_group() > compiled->groups())
      return remark(fmt::format("the pattern has no group ${}; skipping the rule", text->highest_group()));
    // With `!` it is the texts without the literals that count.
    filter_.add(parsed.negated ? required_literals{} : syntax_.literals(parts->expression, parts->flags));
    rules_.push_back({{line_, std::move(compiled), parsed.negated, blocks_.current()}, std::move(*text)});
  }

  pattern_syntax const& syntax_;
  std::string named_;
  std::size_t line_ = 0;
  block_reader blocks_;
  std::vector<condition> conditions_;
  std::vector<rule> rules_;
  literal_filter filter_;
};

result<std::unique_ptr<table>> read_table(pattern_syntax const& syntax, std::string const& name) {
  auto named = fmt::format("{}:{}", syntax.type, name);
  auto lines = read_rules(name);
  if (!lines) return fail(fmt::format("{}: {}", named, lines.error().text));
  rule_reader reader(syntax, std::move(named));
  for (auto const& line : *lines) reader.read(line);
  return reader.finish();
}

result<std::unique_ptr<table>> open_patterns(pattern_syntax const& syntax, std::string_view name) {
  if (is_inline_rules(name)) return read_table(syntax, std::string(name));
  return watch_file(std::string(name), [&syntax, name = std::string(name)] { return read_table(syntax, name); });
}

}  // namespace

result<std::unique_ptr<table>> open_pcre(std::string_view name) { return open_patterns(pcre_syntax, name); }
result<std::unique_ptr<table>> open_regexp(std::string_view name) { return open_patterns(regexp_syntax, name); }

}  // namespace postern::maps
