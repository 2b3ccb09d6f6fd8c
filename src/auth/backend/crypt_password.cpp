#include "auth/backend/crypt_password.hpp"

#include <crypt.h>

#include <algorithm>
#include <cstring>
#include <semaphore>
#include <thread>

#include "crypto/hash.hpp"

namespace postern::auth {
namespace {

// What the machine's own passwd(1) would make.
secret make_default_setting() {
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  if (::crypt_gensalt_rn(nullptr, 0, nullptr, 0, setting, sizeof setting) == nullptr) return secret("$6$stand.in$");
  return secret(setting);
}

/// The schemes that take megabytes: scrypt, yescrypt and its GOST form.
bool is_memory_hard(std::string_view setting) {
  return setting.starts_with("$y$") || setting.starts_with("$gy$") || setting.starts_with("$7$");
}

/// A place on a processor, for hashes that fill the caches: more of them than there are processors drive each other out,
/// and five threads on two processors do a tenth less than two.
class hashing_place {
 public:
  explicit hashing_place(bool wanted) : taken_(wanted) {
    if (taken_) places().acquire();
  }
  ~hashing_place() {
    if (taken_) places().release();
  }
  hashing_place(hashing_place const&) = delete;
  hashing_place& operator=(hashing_place const&) = delete;

 private:
  static std::counting_semaphore<>& places() {
    static std::counting_semaphore<> all(std::max(1U, std::thread::hardware_concurrency()));
    return all;
  }
  bool taken_;
};

}  // namespace

crypt_password::crypt_password() : area_(std::make_unique<crypt_data>()), imitated_(make_default_setting()) {}

crypt_password::~crypt_password() { ::explicit_bzero(area_.get(), sizeof *area_); }

bool crypt_password::is_hash(std::string_view stored) {
  return stored.size() >= 13 && stored.find_first_of("*!:") == std::string_view::npos;
}

void crypt_password::imitate(secret const& stored) {
  if (is_hash(stored.reveal())) imitated_ = stored;
}

bool crypt_password::compare(secret const& password, secret const& stored) {
  std::string phrase(password.reveal());
  std::string setting(stored.reveal());
  hashing_place const place(is_memory_hard(setting));
  char const* const made = ::crypt_r(phrase.c_str(), setting.c_str(), area_.get());
  bool const same = made != nullptr && *made != '*' && crypto::constant_time_equal(made, setting);
  wipe(phrase);
  wipe(setting);
  ::explicit_bzero(area_.get(), sizeof *area_);
  return same;
}

bool crypt_password::matches(secret const& password, secret const& stored) {
  auto const text = password.reveal();
  // crypt(3) reads to the first NUL and refuses what is too long.
  bool const whole = text.find('\0') == std::string_view::npos && text.size() < CRYPT_MAX_PASSPHRASE_SIZE;
  if (!whole || !is_hash(stored.reveal())) {
    spend(password);
    return false;
  }
  if (imitated_.reveal() != stored.reveal()) imitated_ = stored;
  return compare(password, stored);
}

void crypt_password::spend(secret const& password) {
  // Not the password itself: imitated_ may be the hash of somebody's.
  (void)compare(secret(std::string(std::min<std::size_t>(password.size(), CRYPT_MAX_PASSPHRASE_SIZE - 1), 'x')),
                imitated_);
}

}  // namespace postern::auth
