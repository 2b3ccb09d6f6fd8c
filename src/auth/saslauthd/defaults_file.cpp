#include "auth/saslauthd/defaults_file.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::auth::saslauthd {
namespace {

constexpr std::string_view default_options = "-c -m /var/run/saslauthd";

bool is_name_char(char c) { return is_ascii_alnum(c) || c == '_'; }

class shell_cursor {
 public:
  explicit shell_cursor(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  std::size_t line() const { return line_; }

  void skip_blank() {
    while (!rest_.empty()) {
      if (rest_.front() == '#') {
        while (!rest_.empty() && rest_.front() != '\n') take();
      } else if (rest_.starts_with("\\\n")) {
        take(), take();
      } else if (is_ascii_space(rest_.front()) || rest_.front() == ';') {
        take();
      } else {
        return;
      }
    }
  }

  std::string take_name() {
    std::string out;
    while (!rest_.empty() && is_name_char(rest_.front())) out += take();
    return out;
  }

  bool take_if(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    take();
    return true;
  }

  /// The value of an assignment; false when a quote does not end, or the shell would run a command.
  bool take_value(variables const& known, std::string& out) {
    while (!rest_.empty()) {
      char const c = rest_.front();
      if (is_ascii_space(c) || c == ';') return true;
      if (c == '`' || c == '(' || c == '|' || c == '&' || c == '<' || c == '>') return false;
      if (c == '\'' || c == '"') {
        if (!take_quoted(known, out)) return false;
      } else if (c == '\\') {
        take();
        if (!rest_.empty() && !take_if('\n')) out += take();
      } else if (!take_plain(known, out)) {
        return false;
      }
    }
    return true;
  }

 private:
  char take() {
    char const c = rest_.front();
    if (c == '\n') ++line_;
    rest_.remove_prefix(1);
    return c;
  }

  bool take_plain(variables const& known, std::string& out) {
    if (rest_.front() == '`') return false;
    if (!take_if('$')) {
      out += take();
      return true;
    }
    bool const braces = take_if('{');
    auto const name = take_name();
    if (braces && !take_if('}')) return false;
    // $(command) and $((sums)).
    if (!braces && name.empty() && !rest_.empty() && rest_.front() == '(') return false;
    if (name.empty()) {
      out += '$';
    } else if (auto const found = known.find(name); found != known.end()) {
      out += found->second;
    }
    return out.size() <= defaults_octets_max;
  }

  bool take_quoted(variables const& known, std::string& out) {
    char const quote = take();
    while (!rest_.empty()) {
      if (take_if(quote)) return true;
      if (quote == '"' && rest_.front() == '\\') {
        take();
        if (take_if('\n')) continue;
        if (!rest_.empty() && std::string_view("$`\"\\").find(rest_.front()) == std::string_view::npos) out += '\\';
        if (!rest_.empty()) out += take();
      } else if (quote == '\'') {
        out += take();
      } else if (!take_plain(known, out)) {
        return false;
      }
    }
    return false;
  }

  std::string_view rest_;
  std::size_t line_ = 1;
};

std::string value(variables const& found, std::string_view name) {
  auto const one = found.find(name);
  return one == found.end() ? std::string() : one->second;
}

void add_words(std::vector<std::string>& to, std::string_view text) {
  for (auto const word : split_any(text, " \t\n")) to.emplace_back(word);
}

std::string find_directory(std::vector<std::string> const& words) {
  auto const flag = std::ranges::find(words, "-m");
  return flag == words.end() || flag + 1 == words.end() ? std::string() : *(flag + 1);
}

// MECH, SOCKETDIR and FLAGS: always started, whoever asks for it has decided.
result<instance> decide_red_hat(variables const& found, std::string const& path) {
  if (value(found, "MECH").empty()) return fail(path + ": MECH is not set: name a mechanism, as MECH=pam");
  auto directory = value(found, "SOCKETDIR");
  if (directory.empty()) directory = "/run/saslauthd";
  instance out{.start = true, .arguments = {"saslauthd", "-m", directory, "-a", value(found, "MECH")}};
  add_words(out.arguments, value(found, "FLAGS"));
  out.directory = directory;
  return out;
}

}  // namespace

result<variables> parse_defaults_file(std::string_view text) {
  if (text.size() > defaults_octets_max) return fail("the file is too large for a list of settings");
  variables out;
  shell_cursor cursor(text);
  for (cursor.skip_blank(); !cursor.at_end(); cursor.skip_blank()) {
    auto const line = cursor.line();
    auto name = cursor.take_name();
    if (name == "export") {
      cursor.skip_blank();
      name = cursor.take_name();
      if (cursor.at_end() || out.contains(name)) continue;
    }
    std::string taken;
    if (name.empty() || is_ascii_digit(name.front()) || !cursor.take_if('=') || !cursor.take_value(out, taken)) {
      return fail(fmt::format("line {}: not an assignment: only NAME=value is understood here", line));
    }
    out[name] = std::move(taken);
  }
  return out;
}

result<instance> decide_instance(variables const& found, std::string const& path) {
  if (!found.contains("MECHANISMS") && !found.contains("START") && found.contains("MECH")) {
    return decide_red_hat(found, path);
  }
  auto const name = value(found, "NAME").empty() ? std::string("default") : value(found, "NAME");
  if (value(found, "START") != "yes") {
    return instance{.remark = fmt::format("To enable {}, edit {} and set START=yes", name, path)};
  }
  if (value(found, "MECHANISMS").empty()) {
    return fail(fmt::format("No mechanisms defined in {}, not starting {}", path, name));
  }
  instance out{.start = true, .arguments = {"saslauthd", "-a"}};
  add_words(out.arguments, value(found, "MECHANISMS"));
  if (auto const option = value(found, "MECH_OPTIONS"); !option.empty()) add_words(out.arguments, "-O " + option);
  auto const options = value(found, "OPTIONS");
  auto const parameters = value(found, "PARAMS");
  add_words(out.arguments, options.empty() && parameters.empty() ? default_options : options);
  add_words(out.arguments, parameters);
  if (auto const threads = value(found, "THREADS"); !threads.empty()) add_words(out.arguments, "-n " + threads);
  out.directory = find_directory(out.arguments);
  if (out.directory.empty()) {
    return fail(
        fmt::format("No run directory defined for {} (did you forget to set OPTIONS=\"{}\" in {}?), not "
                    "starting",
                    name, default_options, path));
  }
  if (options.starts_with("-d")) {
    return fail("The debug option (-d) has been set in " + path + ", not starting");
  }
  return out;
}

}  // namespace postern::auth::saslauthd
