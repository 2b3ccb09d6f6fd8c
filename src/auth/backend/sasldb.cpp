#include "auth/backend/sasldb.hpp"

#include "auth/sasldb/file.hpp"
#include "auth/sasldb/lookup.hpp"
#include "crypto/hash.hpp"

namespace postern::auth {
namespace {

using code = password_answer::code;

class sasldb_backend : public password_backend {
 public:
  sasldb_backend(std::string path, std::string host_name) : file_(std::move(path)), host_name_(std::move(host_name)) {}

  password_answer check(password_question const& question) override {
    auto const& realm = question.realm.empty() ? host_name_ : question.realm;
    // A NUL would make another user's key of it.
    if (question.login.find('\0') != std::string::npos || realm.find('\0') != std::string::npos) return {};
    auto const found = file_.find({.user = question.login, .realm = realm});
    if (!found) return {.outcome = code::unavailable, .detail = found.error().text};
    auto const* const secrets = *found;
    if (secrets == nullptr || !secrets->plaintext) return {.outcome = code::no, .detail = "no such user"};
    bool const same = crypto::constant_time_equal(secrets->plaintext->reveal(), question.password.reveal());
    return {.outcome = same ? code::yes : code::no};
  }

 private:
  sasldb::lookup file_;
  std::string host_name_;
};

}  // namespace

result<std::unique_ptr<password_backend>> make_sasldb_backend(backend_options const& options) {
  auto const& path = options.argument.empty() ? sasldb::default_path : options.argument;
  return std::make_unique<sasldb_backend>(path, options.host_name);
}

}  // namespace postern::auth
