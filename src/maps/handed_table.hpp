#pragma once
// Purpose: a table of keys (tls_server_sni_maps) or passwords (smtp_sasl_password_maps) as masterd, who may read it and
//          the files its values name, hands it to a program that may not.
// Layout: a line an entry: key, space, value. A value is the content of its files in base64, as `postmap -F` stores it,
//         or, where masterd could not read them, the value as it was: then the program finds out why.
// Errors: an entry whose key has white space in it, or whose value a line end, is left out: no table can have them.
// Security: the whole text is secret; values hold private keys.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "maps/table.hpp"

namespace postern::maps {

/// The content of a file by its path.
using file_reader = std::function<result<secret>(std::string const& path)>;

/// What a value stands for: itself decoded when it is PEM in base64, else the files that it names, one behind the
/// other.
result<secret> read_file_value(std::string_view value, file_reader const& read);

/// The entries with what their files hold in place of the names.
secret format_handed_table(std::vector<entry> const& entries, file_reader const& read);
std::vector<entry> parse_handed_table(std::string_view text);
/// Looks up in such a text; keys fold as in other tables of fixed strings.
std::unique_ptr<table> make_handed_table(secret text);

}  // namespace postern::maps
