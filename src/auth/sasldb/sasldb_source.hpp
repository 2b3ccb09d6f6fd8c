#pragma once
// Purpose: sasldb2 as a source of credentials for authd: plaintext for every mechanism, or SCRAM keys alone.
// Errors: a file that cannot be read is store_unavailable with owner, mode and remedy; a file that is not there too.
// Concurrency: as credential_source: one object, one thread.
// Security: a user who is not there costs what one of the file costs.

#include <memory>
#include <string>

#include "auth/credential_source.hpp"
#include "auth/plaintext_store.hpp"
#include "auth/sasldb/file.hpp"

namespace postern::auth {

struct sasldb_source_options {
  std::string path = sasldb::default_path;
  std::string default_realm;  ///< for names without '@' when the login has no realm: the server's host name
  scram_derivation scram;
  bool store_plaintext = true;   ///< store(): auto_transition: noplain says false
  bool store_verifiers = false;  ///< store(): scram_secret_generate
};

/// Opens nothing yet: a file that comes later is found.
std::unique_ptr<credential_source> make_sasldb_source(sasldb_source_options options);

}  // namespace postern::auth
