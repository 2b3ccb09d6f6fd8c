#pragma once
// Purpose: OpenSSL's error queue as one sentence.

#include <string>

namespace postern::net {

/// The newest reason in this thread's queue, which is then empty; "no reason given" when it was empty before.
std::string take_openssl_error();

}  // namespace postern::net
