// saslauthd: says whether a password is right. Started by hand or by init it is the drop-in for Cyrus's; as a child of
// masterd, which tells it so by its environment, it answers authd.
#include <cstdlib>

#include "auth/saslauthd/daemon.hpp"

#include "programs/saslauthd/serve.hpp"

int main(int argc, char** argv) {
  bool const by_masterd = std::getenv("POSTERN_CONTROL_FD") != nullptr;
  if (by_masterd) return postern::programs::serve_checks(argc, argv);
  return postern::auth::saslauthd::run_daemon({argv, argv + argc});
}
