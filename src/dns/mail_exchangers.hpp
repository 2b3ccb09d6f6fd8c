#pragma once
// Purpose: in which order a domain's mail exchangers are tried. Pure; randomness is passed in.
// Source: [RFC 5321 §5.1], [RFC 7505].

#include <cstdint>
#include <functional>
#include <vector>

#include "dns/record.hpp"

namespace postern::dns {

/// A number below its argument.
using random_below = std::function<std::size_t(std::size_t)>;

/// The domain says that it takes no mail. [RFC 7505 §3]
bool is_null_mx(std::vector<mail_exchanger> const& exchangers);

/// By preference; among equals by chance when `random` is not empty, else as they came.
void order_exchangers(std::vector<mail_exchanger>& exchangers, random_below const& random);

/// Removes the first exchanger that `is_self` knows and all that are not preferred over it, so that mail never goes to
/// a host that would send it back. Pre: ordered. True when something was removed. [RFC 5321 §5.1]
bool eliminate_self(std::vector<mail_exchanger>& exchangers, std::function<bool(mail_exchanger const&)> const& is_self);

}  // namespace postern::dns
