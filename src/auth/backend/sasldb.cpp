#include "auth/backend/sasldb.hpp"

#include <unordered_map>

#include "auth/sasldb/file.hpp"
#include "crypto/hash.hpp"

namespace postern::auth {
namespace {

using code = password_answer::code;

class sasldb_backend : public password_backend {
 public:
  sasldb_backend(std::string path, std::string host_name) : path_(std::move(path)), host_name_(std::move(host_name)) {}

  password_answer check(password_question const& question) override {
    if (auto fresh = refresh(); !fresh) return {.outcome = code::unavailable, .detail = fresh.error().text};
    auto const& realm = question.realm.empty() ? host_name_ : question.realm;
    // A NUL would make another user's key of it.
    if (question.login.find('\0') != std::string::npos || realm.find('\0') != std::string::npos) return {};
    key_ = sasldb::format_key_prefix(question.login, realm);
    key_ += sasldb::property_plaintext;
    auto const found = by_key_.find(key_);
    if (found == by_key_.end()) return {.outcome = code::no, .detail = "no such user"};
    bool const same = crypto::constant_time_equal(found->second->value.reveal(), question.password.reveal());
    return {.outcome = same ? code::yes : code::no};
  }

 private:
  result<> refresh() {
    auto const stamp = sasldb::load_stamp(path_);
    if (!stamp) return std::unexpected(stamp.error());
    if (loaded_ && content_.stamp == *stamp) return {};
    loaded_ = false;
    auto content = sasldb::load(path_);
    if (!content) return std::unexpected(content.error());
    by_key_.clear();
    content_ = std::move(*content);
    for (auto const& one : content_.all) by_key_[one.key] = &one;
    loaded_ = true;
    return {};
  }

  std::string path_;
  std::string host_name_;
  bool loaded_ = false;
  sasldb::snapshot content_;
  std::unordered_map<std::string_view, sasldb::record const*> by_key_;
  std::string key_;
};

}  // namespace

result<std::unique_ptr<password_backend>> make_sasldb_backend(backend_options const& options) {
  auto const& path = options.argument.empty() ? sasldb::default_path : options.argument;
  return std::make_unique<sasldb_backend>(path, options.host_name);
}

}  // namespace postern::auth
