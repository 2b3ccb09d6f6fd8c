#pragma once
// Purpose: the restrictions that a list in main.cf may name, and a list of them made ready for evaluation.
// Errors: a name that is not known, or that is Postfix's but not supported yet, is kept and answers "451 4.3.5 Server
//         configuration error" when its turn comes, as Postfix does; problems() names it for `postern check`.

#include <string>
#include <string_view>
#include <vector>

namespace postern::policy {

enum class restriction_kind {
  permit,
  reject,
  defer,
  permit_mynetworks,
  permit_sasl_authenticated,
  permit_auth_destination,
  reject_unauth_destination,
  defer_unauth_destination,
  reject_plaintext_session,
  unknown,
};

struct restriction {
  restriction_kind kind = restriction_kind::unknown;
  std::string name;  ///< as written
};

/// Whether the list can stop a stranger from relaying: what Postfix demands before it runs.
bool stops_strangers(std::vector<restriction> const& list);

class restriction_list {
 public:
  static restriction_list parse(std::string_view parameter, std::vector<std::string> const& names);
  std::string const& parameter() const noexcept { return parameter_; }
  std::vector<restriction> const& restrictions() const noexcept { return restrictions_; }
  std::vector<std::string> const& problems() const noexcept { return problems_; }

 private:
  std::string parameter_;
  std::vector<restriction> restrictions_;
  std::vector<std::string> problems_;
};

}  // namespace postern::policy
