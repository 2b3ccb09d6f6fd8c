#include "auth/backend/shadow.hpp"

#include <chrono>
#include <cstring>

#include <fmt/format.h>

#include "auth/backend/crypt_password.hpp"
#include "auth/backend/key_values.hpp"

namespace postern::auth {
namespace {

using code = password_answer::code;

long count_days() {
  return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()).time_since_epoch().count();
}

class shadow_backend : public password_backend {
 public:
  shadow_backend(std::string passwd_file, std::string shadow_file)
      : passwd_file_(std::move(passwd_file)), shadow_file_(std::move(shadow_file)) {
    if (auto const any = find_any_shadow_hash(shadow_file_)) crypt_.imitate(*any);
  }

  password_answer check(password_question const& question) override {
    auto const user = find_passwd_entry(question.login, passwd_file_);
    if (!user) return unavailable("Username lookup failure: ", user.error(), passwd_file_);
    if (!*user) return unknown(question, "Invalid username");
    auto const found = find_shadow_entry(question.login, shadow_file_);
    if (!found) return unavailable("Username shadow lookup failure: ", found.error(), shadow_file_);
    if (!*found) return unknown(question, "Invalid shadow username");
    auto const& entry = **found;
    if (entry.hash.reveal() == "*NP*") {
      return {code::unavailable, "Insufficient permission to access NIS authentication database (saslauthd)", ""};
    }
    if (!crypt_.matches(question.password, entry.hash)) return {code::no, "Incorrect password", ""};
    return decide_expiry(entry, count_days());
  }

 private:
  password_answer unknown(password_question const& question, std::string_view reply) {
    crypt_.spend(question.password);
    return {code::no, std::string(reply), ""};
  }
  static password_answer unavailable(std::string_view what, int error, std::string const& file) {
    return {code::unavailable, std::string(what) + std::strerror(error), file};
  }

  std::string passwd_file_;
  std::string shadow_file_;
  crypt_password crypt_;
};

}  // namespace

password_answer decide_expiry(shadow_entry const& entry, long today) {
  if (entry.expires != -1 && today > entry.expires) {
    return {code::no, "Account expired", fmt::format("since day {}", entry.expires)};
  }
  bool const limited = entry.last_change != -1 && entry.password_days != -1;
  if (limited && entry.last_change + entry.password_days < today) {
    auto const last = entry.last_change + entry.password_days;
    bool const inactive = entry.grace_days != -1 && last + entry.grace_days < today;
    return {code::no, "Password expired", fmt::format("since day {}{}", last, inactive ? ", grace period over" : "")};
  }
  return {code::yes, "", ""};
}

result<std::unique_ptr<password_backend>> make_shadow_backend(backend_options const& options) {
  auto const values = parse_key_values(options.argument, {"passwd", "shadow"});
  if (!values) return std::unexpected(values.error());
  return std::make_unique<shadow_backend>(value_or(*values, "passwd", ""), value_or(*values, "shadow", ""));
}

}  // namespace postern::auth
