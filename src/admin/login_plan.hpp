#pragma once
// Purpose: what a service's logins are checked with: the door that smtpd knocks at, the configuration behind it, the
//          sources in their order, the files and sockets they need. For `postern auth test` and `postern check`.
// Layout: made as authd makes its own setup, from the same functions; nothing is opened but configuration files.
// Errors: what is wrong is told in `troubles`, each beginning with FILE:LINE where it has one.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "auth/credential_source.hpp"
#include "auth/cyrus/cyrus_options.hpp"
#include "auth/mechanism_choice.hpp"
#include "auth/verifier.hpp"
#include "config/settings.hpp"

#include "admin/path_access.hpp"

namespace postern::admin {

struct login_plan {
  enum class door : std::uint8_t {
    accounts,        ///< private/auth
    cyrus_file,      ///< private/sasl, as NAME.conf says
    cyrus_accounts,  ///< private/sasl, without NAME.conf
    foreign,         ///< another program's socket: nothing more is known
  };
  enum class store : std::uint8_t { accounts, sasldb, saslauthd, own_daemon };
  struct needed_path {
    store kind;
    std::string path;
    access_kind want = access_kind::read;
    std::string what;    ///< "saslauthd's socket"
    std::string remedy;  ///< when it is not there
    config::origin where;

    /// What helps, after a look at it as `user`.
    std::string find_remedy(path_facts const& facts, std::string_view user) const;
  };

  door at = door::foreign;
  std::string file_name;               ///< NAME.conf
  std::vector<std::string> looked_in;  ///< where it was looked for
  std::optional<auth::cyrus::cyrus_options> options;
  std::string realm;                                   ///< of names that have none
  std::function<std::string(std::string_view)> spell;  ///< what is done to a name before a source sees it; empty
  auth::source_list sources;
  bool tokens = false;
  std::function<auth::token_judge()> token_judge;  ///< empty: nobody judges tokens
  bool kerberos = false;
  bool certificates = false;
  std::vector<std::string> named;  ///< mechanisms that the configuration asks for
  std::string named_by;            ///< "mech_list (FILE:LINE)"
  config::origin named_where;
  bool named_by_hand = false;  ///< not the default, which names all that may be there
  std::vector<std::string> offered;
  std::vector<auth::mechanism_choice::left_out_row> left_out;
  std::vector<needed_path> paths;
  std::vector<std::string> notes;
  std::vector<std::string> troubles;
};

login_plan make_login_plan(config::settings const& service);

/// Who smtpd and authd run as.
os::credentials server_user(config::settings const& settings);

/// Takes "FILE:LINE: " from the front of a sentence.
config::origin take_place(std::string& text);

}  // namespace postern::admin
