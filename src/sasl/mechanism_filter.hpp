#pragma once
// Purpose: smtpd_sasl_mechanism_filter and smtp_sasl_mechanism_filter: mechanisms by name.
// Layout: words in order, the first that fits decides: "NAME" lets it pass, "!NAME" does not, "static:anything" fits
//         all. What no word fits stays out; an empty list lets all pass. Other tables are not asked.
// Source: Postfix 3.7

#include <span>
#include <string>
#include <string_view>

namespace postern::sasl {

bool passes_filter(std::span<std::string const> filter, std::string_view mechanism);

}  // namespace postern::sasl
