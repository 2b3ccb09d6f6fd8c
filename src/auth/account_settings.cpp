#include "auth/account_settings.hpp"

#include "base/text.hpp"

namespace postern::auth {

weak_secrets load_weak_secrets(config::settings const& from, std::vector<std::string>& troubles) {
  weak_secrets weak;
  for (auto const& word : from.list("authd_store_weak_secrets")) {
    if (iequals(word, "cram-md5")) {
      weak.cram_md5 = true;
    } else if (iequals(word, "digest-md5")) {
      weak.digest_md5 = true;
    } else {
      troubles.push_back("authd_store_weak_secrets: \"" + printable(word, 64) +
                         "\" is neither cram-md5 nor digest-md5");
    }
  }
  weak.realm = from.text("smtpd_sasl_local_domain");
  if (weak.realm.empty()) weak.realm = from.text("myhostname");
  return weak;
}

result<weak_secrets> load_weak_secrets(config::settings const& from) {
  std::vector<std::string> troubles;
  auto weak = load_weak_secrets(from, troubles);
  if (!troubles.empty()) return fail(troubles.front());
  return weak;
}

}  // namespace postern::auth
