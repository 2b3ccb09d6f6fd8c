#pragma once
// Purpose: compares passwords with what crypt(3) made of them, and takes as long when there is nothing to compare with.
// Concurrency: one object, one thread at a time; each has its own work area. Of those that hash by yescrypt or scrypt
//              as many work at once as there are processors.
// Security: the work area holds a password while it works and is wiped behind it; hashes never leave this file.
// Source: crypt(3), crypt(5)

#include <memory>
#include <string>
#include <string_view>

#include "base/secret.hpp"

struct crypt_data;

namespace postern::auth {

class crypt_password {
 public:
  crypt_password();
  ~crypt_password();
  crypt_password(crypt_password const&) = delete;
  crypt_password& operator=(crypt_password const&) = delete;

  /// False too for what is no hash (locked accounts) and for passwords that crypt(3) would cut; it takes as long then.
  bool matches(secret const& password, secret const& stored);
  /// Takes as long as matches() with the scheme that was seen last.
  void spend(secret const& password);

  /// Is this something that a password can match?
  static bool is_hash(std::string_view stored);
  /// Has stand-in work done with this scheme and cost.
  void imitate(secret const& stored);

 private:
  bool compare(secret const& password, secret const& stored);

  std::unique_ptr<crypt_data> area_;
  secret imitated_;
};

}  // namespace postern::auth
