#include "auth/backend/getpwent.hpp"

#include <cstring>

#include "auth/backend/crypt_password.hpp"
#include "auth/backend/key_values.hpp"
#include "auth/backend/passwd_entry.hpp"

namespace postern::auth {
namespace {

using code = password_answer::code;

class getpwent_backend : public password_backend {
 public:
  explicit getpwent_backend(std::string file) : file_(std::move(file)) {
    if (auto const any = find_any_passwd_hash(file_)) crypt_.imitate(*any);
  }

  password_answer check(password_question const& question) override {
    auto const found = find_passwd_entry(question.login, file_);
    if (!found) {
      return {code::unavailable, std::string("Username lookup failure: ") + std::strerror(found.error()), file_};
    }
    if (!*found) {
      crypt_.spend(question.password);
      return {code::no, "Invalid username", ""};
    }
    if (!crypt_.matches(question.password, (*found)->hash)) return {code::no, "Incorrect password", ""};
    return {code::yes, "", ""};
  }

 private:
  std::string file_;
  crypt_password crypt_;
};

}  // namespace

result<std::unique_ptr<password_backend>> make_getpwent_backend(backend_options const& options) {
  auto const values = parse_key_values(options.argument, {"passwd"});
  if (!values) return std::unexpected(values.error());
  return std::make_unique<getpwent_backend>(value_or(*values, "passwd", ""));
}

}  // namespace postern::auth
