#include "auth/account_name.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace postern::auth {
namespace {

constexpr std::size_t name_octets_max = 254;

bool is_name_octet(char c) {
  return is_ascii_alnum(c) || static_cast<unsigned char>(c) >= 0x80 || std::string_view("._-+=").contains(c);
}

result<> check_part(std::string_view part, std::string_view what) {
  if (part.empty()) return fail(fmt::format("the {} of a user name is empty", what));
  if (part.front() == '.' || part.front() == '-') {
    return fail(fmt::format("the {} of a user name may not begin with '{}'", what, part.front()));
  }
  if (!std::ranges::all_of(part, is_name_octet)) {
    return fail("a user name holds letters, digits and . _ - + = only, and at most one @");
  }
  return {};
}

std::string normal_domain(std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  return lowercase(domain);
}

}  // namespace

account_names::account_names(std::vector<std::string> const& local_domains) {
  for (auto const& domain : local_domains) {
    if (auto normal = normal_domain(trim(domain)); !normal.empty()) local_domains_.push_back(std::move(normal));
  }
}

result<std::string> account_names::canonical(std::string_view login) const {
  if (login.size() > name_octets_max) return fail("a user name holds at most 254 octets");
  if (!is_utf8(login)) return fail("the user name is not UTF-8");
  auto const at = login.find('@');
  auto local = lowercase(login.substr(0, at));
  if (auto good = check_part(local, "local part"); !good) return std::unexpected(good.error());
  if (at == std::string_view::npos) return local;

  auto const domain = normal_domain(login.substr(at + 1));
  if (auto good = check_part(domain, "domain"); !good) return std::unexpected(good.error());
  if (std::ranges::find(local_domains_, domain) != local_domains_.end()) return local;
  return local + "@" + domain;
}

}  // namespace postern::auth
