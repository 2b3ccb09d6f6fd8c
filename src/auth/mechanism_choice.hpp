#pragma once
// Purpose: which of the mechanisms that the configuration names can be served, given what there is to check logins
//          with. What cannot is left out and told, never fatal: nobody can log in by it anyway.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "auth/credential_source.hpp"
#include "base/result.hpp"

namespace postern::auth {

/// What logins can be checked with.
struct means {
  source_list const& sources;
  bool tokens = false;        ///< somebody judges OAuth 2.0 tokens
  bool certificates = false;  ///< smtpd asks for client certificates
  bool kerberos = false;      ///< there is a keytab
};

struct mechanism_choice {
  std::vector<std::string> offered;
  struct left_out_row {
    std::string name;
    std::string why;  ///< "sources hold no plaintext passwords"
  };
  std::vector<left_out_row> left_out;
};

/// A name that no mechanism has is left out too.
mechanism_choice choose_mechanisms(std::span<std::string const> named, means const& have);

/// Names what is offered, as the sources are now. Called on the loop's thread: asks nobody but can() and can_scram().
using offer_chooser = std::function<std::vector<std::string>(source_list const&)>;
/// The same choice again, but for its sources.
offer_chooser make_offer_chooser(std::vector<std::string> named, means const& have);

}  // namespace postern::auth
