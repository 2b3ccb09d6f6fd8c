#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "auth/import/import.hpp"
#include "auth/password_scheme.hpp"
#include "base/text.hpp"

namespace postern::auth {
namespace {

constexpr std::size_t password_field = 1;
constexpr std::size_t extra_field = 7;  ///< Dovecot's words stand where passwd(5) has nothing

/// A field of a line; the last one goes on to the line's end.
std::vector<std::string_view> split_fields(std::string_view line, bool extended) {
  auto fields = split(line, ':');
  std::size_t const last = extended ? extra_field : password_field;
  if (fields.size() <= last + 1) return fields;
  // htpasswd's colons are part of nothing; Dovecot's extra fields may hold some.
  auto const begin = static_cast<std::size_t>(fields[last].data() - line.data());
  fields.resize(last + 1);
  if (extended) fields[last] = line.substr(begin);
  return fields;
}

class line_reader {
 public:
  line_reader(import_settings const& from, bool extended) : from_(from), extended_(extended) {}

  void take(std::size_t number, std::string_view line) {
    where_ = fmt::format("{}:{}", from_.path, number);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (trim(line).empty() || line.starts_with('#')) return;
    auto const fields = split_fields(line, extended_);
    if (fields.size() < 2) return add_problem("there is no ':' behind the name");
    auto name = from_.names.canonical(fields[0]);
    if (!name) return add_problem(printable(fields[0], 64) + ": " + name.error().text);
    import_candidate found{where_, {.name = std::move(*name)}, {}};
    if (!take_password(fields[password_field], found)) return;
    if (fields.size() > extra_field && !take_extra(fields[extra_field], found.account)) return;
    outcome_.candidates.push_back(std::move(found));
  }
  import_outcome finish() { return std::move(outcome_); }

 private:
  void add_problem(std::string const& text) { outcome_.problems.push_back(where_ + ": " + text); }

  /// False: there is nothing to take over, and it was said why.
  bool take_password(std::string_view stored, import_candidate& into) {
    into.account.locked = stored.starts_with('!');  // as usermod --lock does
    auto const hash = stored.substr(std::min(stored.find_first_not_of('!'), stored.size()));
    if (hash == "x" || hash.starts_with('*') || (hash.empty() && into.account.locked)) {
      outcome_.remarks.push_back(fmt::format("{}: {} has no password here and is left out", where_, into.account.name));
      return false;
    }
    stored = hash;
    if (stored.empty()) {
      add_problem(into.account.name + " could log in without a password; such an account cannot be made");
      return false;
    }
    if (auto const known = check_password_scheme(stored, from_.default_scheme); !known) {
      add_problem(into.account.name + ": " + known.error().text);
      return false;
    }
    if (auto plain = parse_plaintext_scheme(stored, from_.default_scheme)) return take_plaintext(*plain, into);
    bool const has_scheme = !split_scheme(stored).scheme.empty();
    into.account.verifiers.imported =
        has_scheme ? std::string(stored) : fmt::format("{{{}}}{}", from_.default_scheme, stored);
    return true;
  }

  bool take_plaintext(secret const& plain, import_candidate& into) {
    if (auto const good = check_new_password(plain); !good) {
      add_problem(into.account.name + ": " + good.error().text);
      return false;
    }
    into.plaintext = plain;
    return true;
  }

  /// "allow_nets=192.0.2.0/24,2001:db8::/32 nologin userdb_mail=…"; what is not about logins is passed over.
  bool take_extra(std::string_view words, new_account& into) {
    constexpr std::string_view allow_nets = "allow_nets=";
    for (auto const word : split_any(words, " \t")) {
      if (word == "nologin") into.locked = true;
      if (!word.starts_with(allow_nets)) continue;
      for (auto const text : split_any(word.substr(allow_nets.size()), ",")) {
        auto const network = parse_network(text);
        if (!network) {
          add_problem(fmt::format("{}: allow_nets has {}, which is no network", into.name, printable(text, 64)));
          return false;
        }
        into.networks.push_back(*network);
      }
    }
    return true;
  }

  /// Dovecot writes IPv6 networks without brackets.
  static std::optional<ip_network> parse_network(std::string_view text) {
    if (!text.contains(':') || text.starts_with('[')) return ip_network::parse(text);
    auto const slash = text.find('/');
    auto const length = slash == std::string_view::npos ? std::string_view() : text.substr(slash);
    return ip_network::parse(fmt::format("[{}]{}", text.substr(0, slash), length));
  }

  import_settings const& from_;
  bool extended_;
  std::string where_;
  import_outcome outcome_;
};

result<import_outcome> load_lines(import_settings const& from, bool extended) {
  std::ifstream file(from.path, std::ios::binary);
  if (!file) return fail_errno("cannot read " + from.path, errno);
  std::string content;
  content.resize(import_octets_max + 1);
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (file.bad()) return fail("cannot read " + from.path);
  content.resize(static_cast<std::size_t>(file.gcount()));
  if (content.size() > import_octets_max) return fail(from.path + " is larger than 64 MiB");
  auto outcome = parse_user_lines(content, from, extended);
  wipe(content);
  return outcome;
}

}  // namespace

import_outcome parse_user_lines(std::string_view content, import_settings const& from, bool extended) {
  line_reader reader(from, extended);
  std::size_t number = 0;
  for (auto const line : split(content, '\n')) reader.take(++number, line);
  return reader.finish();
}

result<import_outcome> load_passwd_file(import_settings const& from) { return load_lines(from, true); }
result<import_outcome> load_htpasswd(import_settings const& from) { return load_lines(from, false); }

}  // namespace postern::auth
