#pragma once
// Purpose: texts that administrators write for replies, with $names of the session in them: default_rbl_reply,
//          rbl_reply_maps, smtpd_reject_footer.
// Errors: a template that cannot be understood, or that uses a name it may not, is a failure that names the template.
// Security: what a $name stands for loses characters that smtpd_expansion_filter does not list, and is never expanded
//           again.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern::policy {

/// Printable ASCII, as smtpd_expansion_filter has it; the parameter's octal and C escapes are understood.
std::string parse_expansion_filter(std::string_view written);

using attribute_lookup = std::function<std::optional<std::string>(std::string_view name)>;
/// `allowed`: characters that a value may have, the others become '_'.
result<std::string> expand_reply(std::string_view text, attribute_lookup const& attributes, std::string_view allowed);

}  // namespace postern::policy
