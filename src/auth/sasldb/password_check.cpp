#include "auth/sasldb/password_check.hpp"

namespace postern::auth::sasldb {
namespace {

bool fits(user_secrets const& secrets, secret const& password) {
  if (secrets.plaintext) return same_password(*secrets.plaintext, password);
  if (!secrets.verifiers.empty()) {
    auto const& [hash, keys] = secrets.verifiers.back();
    return fits_scram(hash, keys, password);
  }
  return secrets.old_plain && check_old_plain(*secrets.old_plain, password);
}

}  // namespace

result<verdict_code> check_password(lookup& in, user_in_realm const& who, secret const& password) {
  auto const found = in.find(who);
  if (!found) return std::unexpected(found.error());
  auto const* const secrets = *found;
  bool const costs_keys = secrets != nullptr && !secrets->plaintext && !secrets->verifiers.empty();
  if (auto const* const like = in.costliest(); like != nullptr && !costs_keys) {
    static_cast<void>(fits_scram(like->algorithm, like->verifier, password));
  }
  // An empty password is nobody's, whatever the file says.
  bool const right = secrets != nullptr && fits(*secrets, password) && !password.empty();
  if (secrets == nullptr) static_cast<void>(same_password(password, password));
  if (right) return verdict_code::accepted;
  return secrets == nullptr ? verdict_code::unknown_user : verdict_code::wrong_password;
}

}  // namespace postern::auth::sasldb
