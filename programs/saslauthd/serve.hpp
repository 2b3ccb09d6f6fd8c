#pragma once
// Purpose: saslauthd as a child of masterd: private/check-pam, private/check-shadow and private/check-getpwent, for
//          authd, which may not read such things itself. One mux server a socket, driven by the service's loop.

namespace postern::programs {

/// The answer is main()'s.
int serve_checks(int argc, char** argv);

}  // namespace postern::programs
