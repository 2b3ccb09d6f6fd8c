#include <cstdlib>

#include "auth/sasldb/user.hpp"

// A key that is understood is written as it was read; no value of any property brings its reader down.
extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  using namespace postern::auth::sasldb;
  std::string_view const input(reinterpret_cast<char const*>(data), size);
  if (auto const key = parse_key(input); key && format_key(*key) != input) std::abort();
  postern::secret const value(input);
  auto const held = parse_user_secrets({{"authPassword", &value},
                                        {"authPassword;SCRAM-SHA-256", &value},
                                        {"cmusaslsecretPLAIN", &value},
                                        {"cmusaslsecretCRAM-MD5", &value},
                                        {"cmusaslsecretDIGEST-MD5", &value}});
  if (held.verifiers.size() > 1) std::abort();
  static_cast<void>(check_old_plain(*held.old_plain, value));
  static_cast<void>(format_old_cram(*held.old_cram));
  static_cast<void>(format_old_digest(*held.old_digest, "realm"));
  return 0;
}
