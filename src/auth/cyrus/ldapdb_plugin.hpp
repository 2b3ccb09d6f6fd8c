#pragma once
// Purpose: the auxprop plugin ldapdb: smtpd.conf's ldapdb_* options as a source.
// Source: Cyrus SASL 2.1.28, its page of options

#include "auth/cyrus/auxprop_plugins.hpp"

namespace postern::auth::cyrus {

plugin_row ldapdb_plugin();

}  // namespace postern::auth::cyrus
