#include "config/derived.hpp"

#include "base/text.hpp"

namespace postern::config {

std::string find_server_tls_level(settings const& configured) {
  auto level = lowercase(configured.text("smtpd_tls_security_level"));
  if (level == "none" || level == "may") return level;
  if (!level.empty()) return "encrypt";
  if (configured.boolean("smtpd_enforce_tls")) return "encrypt";
  return configured.boolean("smtpd_use_tls") ? "may" : "none";
}

std::string find_client_tls_level(settings const& configured) {
  auto level = lowercase(configured.text("smtp_tls_security_level"));
  if (!level.empty()) return level;
  if (configured.boolean("smtp_enforce_tls")) {
    return configured.boolean("smtp_tls_enforce_peername") ? "verify" : "encrypt";
  }
  return configured.boolean("smtp_use_tls") ? "may" : "none";
}

}  // namespace postern::config
