// saslauthd: says whether a password is right. Started by hand or by init it is Cyrus saslauthd's drop-in; as a child
// of masterd it serves private/check-MECHANISM for authd.
#include "auth/saslauthd/daemon.hpp"

int main(int argc, char** argv) { return postern::auth::saslauthd::run_daemon({argv, argv + argc}); }
