#pragma once
// Purpose: the auxprop plugin sql: smtpd.conf's sql_* options as a source.
// Source: Cyrus SASL 2.1.28, its page of options

#include "auth/cyrus/auxprop_plugins.hpp"
#include "auth/sql/sql_source.hpp"

namespace postern::auth::cyrus {

/// Of a file that sets the plugin up; not checked yet.
sql_source_options load_sql_options(plugin_context const& context);

plugin_row sql_plugin();

}  // namespace postern::auth::cyrus
