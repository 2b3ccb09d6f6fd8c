#pragma once
// Purpose: which mailbox a local recipient's mail goes to. Pure: who exists is passed in.
// Errors: no such user, and a mailbox format that is not supported yet, are decisions like the others.
// Security: user names become path elements through store::name_part(). The superuser's home gets no mail: what is for
//           root goes to mail_spool_directory, as it does for postmaster.
// Source: home_mailbox, mail_spool_directory, recipient_delimiter of postconf(5); [RFC 5321 §4.5.1] for postmaster.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"

namespace postern::delivery {

struct local_settings {
  std::string home_mailbox;
  std::string mail_spool_directory;
  std::string recipient_delimiter;
  std::string host_name;
  std::vector<std::string> home_directories;
  std::string mail_owner;       ///< whose mailboxes outside of homes are, in a system service
  bool private_server = false;  ///< --dir: everything is Maildir below mail_spool_directory
  bool soft_bounce = false;     ///< what would bounce waits
};

local_settings load_local_settings(config::settings const& settings);

/// The local-part in lower case, quotes removed, without its address extension: the user's name on this host.
std::string fold_local_part(std::string_view address, std::string_view delimiters);

/// The names under which the recipient may have an account, most exact first; smtpd asks for the same ones.
std::vector<std::string> candidate_names(std::string_view address, std::string_view delimiters);

/// Who the recipient turned out to be.
struct local_user {
  enum class kind : std::uint8_t { account, system } is = kind::account;
  std::string name;  ///< as the account database or the system spells it
  std::string home;  ///< of a system user
  bool superuser = false;
};

struct mailbox_decision {
  enum class verdict : std::uint8_t { maildir, no_such_user, unsupported } is = verdict::maildir;
  std::string path;  ///< of the Maildir
  bool in_home = false;
  std::string why;  ///< verdict::unsupported: a sentence for the log and the sender
};

/// `user` empty: nobody has that name; postmaster has a mailbox all the same.
mailbox_decision decide_mailbox(local_settings const& settings, std::string_view user_name,
                                std::optional<local_user> const& user);

}  // namespace postern::delivery
