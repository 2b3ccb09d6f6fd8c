#include "maps/cidr_table.hpp"

#include <array>
#include <cstring>
#include <optional>
#include <unordered_map>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "maps/rule_blocks.hpp"
#include "maps/source_lines.hpp"
#include "maps/watched_table.hpp"

namespace postern::maps {
namespace {

// Unlike ip_address this keeps ::ffff:192.0.2.1 apart from 192.0.2.1, as cidr_table(5) does.
struct plain_address {
  std::array<std::uint8_t, 16> octets{};
  std::uint8_t width_bits = 0;  // 32 or 128

  static std::optional<plain_address> parse(std::string_view text) {
    plain_address out;
    std::array<char, INET6_ADDRSTRLEN + 1> buffer{};
    if (text.empty() || text.size() >= buffer.size()) return std::nullopt;
    std::memcpy(buffer.data(), text.data(), text.size());
    bool const v6 = text.contains(':');
    out.width_bits = v6 ? 128 : 32;
    if (::inet_pton(v6 ? AF_INET6 : AF_INET, buffer.data(), out.octets.data()) != 1) return std::nullopt;
    return out;
  }

  void cut(unsigned bits) {
    auto whole = bits / 8;
    if (whole < octets.size() && bits % 8 != 0) octets[whole++] &= static_cast<std::uint8_t>(0xFFU << (8 - bits % 8));
    for (; whole < octets.size(); ++whole) octets[whole] = 0;
  }
};

struct network {
  plain_address address;  // cut to its prefix
  std::uint8_t prefix_bits = 0;
  friend bool operator==(network const& a, network const& b) {
    return a.prefix_bits == b.prefix_bits && a.address.width_bits == b.address.width_bits &&
           a.address.octets == b.address.octets;
  }
  bool contains(plain_address candidate) const {
    if (candidate.width_bits != address.width_bits) return false;
    candidate.cut(prefix_bits);
    return candidate.octets == address.octets;
  }
  // `!network` is about addresses of its own family alone.
  bool matches(plain_address const& candidate, bool negated) const {
    return candidate.width_bits == address.width_bits && contains(candidate) != negated;
  }
};

struct network_hash {
  std::size_t operator()(network const& one) const {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, one.address.octets.data(), sizeof high);
    std::memcpy(&low, one.address.octets.data() + sizeof high, sizeof low);
    auto mixed =
        (high ^ (low * 0x9E3779B97F4A7C15ULL) ^ (std::uint64_t{one.prefix_bits} << 56U)) * 0xD6E8FEB86659FD93ULL;
    return mixed ^ (mixed >> 32U);
  }
};

result<network> parse_network(std::string_view text) {
  auto address_text = text.substr(0, text.rfind('/'));
  auto bare = address_text;
  std::string_view prefix = address_text.size() < text.size() ? text.substr(address_text.size() + 1) : "";
  if (bare.starts_with('[') && bare.ends_with(']')) bare = bare.substr(1, bare.size() - 2);
  auto address = plain_address::parse(bare);
  if (!address) return fail(fmt::format("'{}' is no address", printable(text, 60)));
  if (address_text.size() == text.size()) return network{*address, address->width_bits};
  auto bits = parse_unsigned(prefix);
  if (!bits || *bits > address->width_bits)
    return fail(fmt::format("'{}' has a prefix length that is none", printable(text, 60)));
  network out{*address, static_cast<std::uint8_t>(*bits)};
  out.address.cut(out.prefix_bits);
  if (out.address.octets != address->octets)
    return fail(fmt::format("'{}' has bits behind its prefix that are not zero", printable(text, 60)));
  return out;
}

struct condition {
  network tried;
  bool negated = false;
  block inside = no_block;
};

struct rule {
  block inside = no_block;
  std::string value;
};

struct negated_rule {
  network tried;
  std::uint32_t number = 0;  // among the rules
};

struct cidr_rules {
  std::vector<condition> conditions;
  std::vector<rule> rules;
  std::unordered_map<network, std::vector<std::uint32_t>, network_hash> by_network;  // rule numbers, ascending
  std::vector<negated_rule> negated;
  std::array<bool, 33> v4_prefixes{};
  std::array<bool, 129> v6_prefixes{};
};

class cidr_table final : public table {
 public:
  cidr_table(std::string named, cidr_rules rules) : named_(std::move(named)), rules_(std::move(rules)) {}

  result<std::optional<std::string>> find(std::string_view key) override {
    auto address = plain_address::parse(key);
    if (!address) return std::nullopt;
    memo_.begin(rules_.conditions.size());
    auto best = static_cast<std::uint32_t>(rules_.rules.size());
    if (address->width_bits == 32)
      ask_networks(*address, rules_.v4_prefixes, best);
    else
      ask_networks(*address, rules_.v6_prefixes, best);
    for (auto const& one : rules_.negated) {
      if (one.number >= best) break;
      if (one.tried.matches(*address, true) && is_inside(one.number, *address)) best = one.number;
    }
    if (best == rules_.rules.size()) return std::nullopt;
    return rules_.rules[best].value;
  }

  result<std::vector<entry>> entries() override { return fail(named_ + " has networks, no keys to list"); }
  bool is_pattern() const override { return true; }

 private:
  bool is_inside(std::uint32_t number, plain_address const& address) {
    auto at = [this](block i) -> condition const& { return rules_.conditions[static_cast<std::size_t>(i)]; };
    return *memo_.holds(
        rules_.rules[number].inside, [&](block i) { return at(i).inside; },
        [&](block i) { return result<bool>(at(i).tried.matches(address, at(i).negated)); });
  }

  template <std::size_t Count>
  void ask_networks(plain_address const& address, std::array<bool, Count> const& prefixes, std::uint32_t& best) {
    for (std::size_t bits = 0; bits < Count; ++bits) {
      if (!prefixes[bits]) continue;
      network sought{address, static_cast<std::uint8_t>(bits)};
      sought.address.cut(sought.prefix_bits);
      auto place = rules_.by_network.find(sought);
      if (place == rules_.by_network.end()) continue;
      for (auto number : place->second) {
        if (number >= best) break;
        if (is_inside(number, address)) best = number;
      }
    }
  }

  std::string named_;
  cidr_rules rules_;
  block_memo memo_;
};

class rule_reader {
 public:
  explicit rule_reader(std::string named) : named_(std::move(named)) {}

  void read(source_line const& line) {
    line_ = line.number;
    if (is_ascii_space(line.text.front())) return remark("the first line begins with white space; ignoring it");
    auto parsed = parse_rule_line(line.text);
    if (parsed.what == rule_line::kind::end) {
      if (!blocks_.close()) remark("endif without if; ignoring it");
      return;
    }
    bool const is_condition = parsed.what == rule_line::kind::condition;
    auto end = std::min(parsed.text.find_first_of(" \t\r\n\v\f"), parsed.text.size());
    auto tried = parse_network(parsed.text.substr(0, is_condition ? parsed.text.size() : end));
    if (!tried) return remark(tried.error().text + "; skipping the rule");
    if (is_condition) {
      out_.conditions.push_back({*tried, parsed.negated, blocks_.current()});
      return blocks_.open(static_cast<block>(out_.conditions.size()) - 1, line_);
    }
    auto value = trim(parsed.text.substr(end));
    if (value.empty()) return remark("the rule has no result; skipping it");
    add(*tried, parsed.negated, value);
  }

  std::unique_ptr<table> finish() {
    for (auto line : blocks_.open_lines()) {
      line_ = line;
      remark("if without endif");
    }
    return std::make_unique<cidr_table>(named_, std::move(out_));
  }

 private:
  void remark(std::string_view what) const { log::warning("{}, line {}: {}", named_, line_, what); }

  void add(network const& tried, bool negated, std::string_view value) {
    auto const number = static_cast<std::uint32_t>(out_.rules.size());
    out_.rules.push_back({blocks_.current(), std::string(value)});
    if (negated) return out_.negated.push_back({tried, number});
    out_.by_network[tried].push_back(number);
    (tried.address.width_bits == 32 ? out_.v4_prefixes[tried.prefix_bits] : out_.v6_prefixes[tried.prefix_bits]) = true;
  }

  std::string named_;
  std::size_t line_ = 0;
  block_reader blocks_;
  cidr_rules out_;
};

result<std::unique_ptr<table>> read_table(std::string const& name) {
  auto named = "cidr:" + name;
  auto lines = read_rules(name);
  if (!lines) return fail(fmt::format("{}: {}", named, lines.error().text));
  rule_reader reader(std::move(named));
  for (auto const& line : *lines) reader.read(line);
  return reader.finish();
}

}  // namespace

result<std::unique_ptr<table>> open_cidr(std::string_view name) {
  if (is_inline_rules(name)) return read_table(std::string(name));
  return watch_file(std::string(name), [name = std::string(name)] { return read_table(name); });
}

}  // namespace postern::maps
