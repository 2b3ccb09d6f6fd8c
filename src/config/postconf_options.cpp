#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/postconf.hpp"

namespace postern::config {
namespace {

using subject = postconf_options::subject;
using action = postconf_options::action;

constexpr std::string_view accepted = "FHMPXcdefhnopvx#";

/// Letters of which at most one may be given.
constexpr std::array exclusive{std::string_view("FMPp"), std::string_view("dne#X"), std::string_view("hH")};

/// What -M, -F and -P do not go with.
struct conflict {
  char mode;
  std::string_view letters;
};
constexpr std::array conflicts{conflict{'M', "dnhH"}, conflict{'F', "dn#X"}, conflict{'P', "dn#"}};

class option_reader {
 public:
  explicit option_reader(std::vector<std::string> const& args) : args_(args) {}

  result<postconf_options> read() {
    for (; at_ < args_.size(); ++at_) {
      std::string_view const arg = args_[at_];
      if (arg == "--") {
        ++at_;
        break;
      }
      if (arg.size() < 2 || arg.front() != '-') break;
      auto done = arg.starts_with("--") ? take_long(arg) : take_letters(arg.substr(1));
      if (!done) return std::unexpected(done.error());
    }
    options_.operands.assign(args_.begin() + static_cast<std::ptrdiff_t>(std::min(at_, args_.size())), args_.end());
    if (auto done = check(); !done) return std::unexpected(done.error());
    apply();
    return std::move(options_);
  }

 private:
  result<> take_long(std::string_view arg) {
    if (arg == "--explain") {
      options_.explain = true;
    } else if (arg == "--manual") {
      options_.manual = true;
    } else if (arg == "--help") {
      options_.help = true;
    } else {
      return fail(fmt::format("unknown option {}; see --help", printable(arg, 80)));
    }
    return {};
  }

  result<> take_letters(std::string_view letters) {
    while (!letters.empty()) {
      char const letter = letters.front();
      letters.remove_prefix(1);
      if (accepted.find(letter) == std::string_view::npos) {
        return fail(fmt::format("invalid option -- '{}'; see --help", printable({&letter, 1})));
      }
      seen_ += letter;
      if (letter == 'c' || letter == 'o') {
        std::optional<std::string> value;
        if (!letters.empty())
          value = std::exchange(letters, {});
        else if (at_ + 1 < args_.size())
          value = args_[++at_];
        if (!value) return fail(fmt::format("option -{} needs a value", letter));
        if (auto done = take_value(letter, *value); !done) return done;
      }
    }
    return {};
  }

  result<> take_value(char letter, std::string const& value) {
    if (letter == 'c') {
      options_.config_dir = value;
      return {};
    }
    auto entry = parse_entry(value);
    if (!entry) return fail("-o: " + entry.error().text);
    options_.overrides.push_back({entry->name, entry->value});
    return {};
  }

  bool has(char letter) const { return seen_.find(letter) != std::string::npos; }

  result<> check() const {
    for (auto group : exclusive) {
      std::string both;
      for (char letter : group) {
        if (has(letter)) both += letter;
      }
      if (both.size() > 1) return fail(fmt::format("specify one of -{} -{}", both[0], both[1]));
    }
    for (auto const& [mode, letters] : conflicts) {
      auto bad = std::ranges::find_if(letters, [this](char letter) { return has(letter); });
      if (has(mode) && bad != letters.end()) {
        return fail(fmt::format("with option -{}, do not specify -{}", mode, *bad));
      }
    }
    return {};
  }

  void apply() {
    options_.about = has('M')   ? subject::services
                     : has('F') ? subject::fields
                     : has('P') ? subject::service_parameters
                                : subject::main_cf;
    bool const assigns = std::ranges::any_of(
        options_.operands, [](std::string_view operand) { return operand.find('=') != std::string_view::npos; });
    options_.what = has('#')              ? action::comment_out
                    : has('X')            ? action::remove
                    : has('e') || assigns ? action::edit
                                          : action::show;
    options_.defaults = has('d');
    options_.only_set = has('n');
    options_.hide_names = has('h');
    options_.only_names = has('H');
    options_.expand = has('x');
    options_.fold = has('f');
  }

  std::vector<std::string> const& args_;
  std::size_t at_ = 0;
  std::string seen_;
  postconf_options options_;
};

}  // namespace

result<postconf_options> parse_postconf_options(std::vector<std::string> const& args) {
  return option_reader(args).read();
}

}  // namespace postern::config
