#include "receive/service_settings.hpp"

#include <gtest/gtest.h>

namespace postern::receive {
namespace {

std::shared_ptr<service_settings const> load(std::string const& main_cf) {
  auto const settings =
      config::settings::load_text("myhostname = mail.example.net\n" + main_cf, {.main_cf_may_be_missing = true});
  EXPECT_TRUE(settings.has_value());
  auto loaded = load_service_settings(*settings, {}, nullptr, {});
  return loaded ? *loaded : nullptr;
}

// What authd offers with all of its mechanisms on.
std::vector<sasl::dovecot::mechanism_offer> const offered = {
    {"EXTERNAL", {}},
    {"SCRAM-SHA-256-PLUS", {"mutual-auth", "channel-binding", "private"}},
    {"SCRAM-SHA-256", {"mutual-auth"}},
    {"DIGEST-MD5", {"dictionary", "active", "mutual-auth"}},
    {"ANONYMOUS", {"anonymous"}},
    {"PLAIN", {"plaintext"}},
    {"LOGIN", {"plaintext"}},
    {"APOP", {"private", "dictionary", "active"}},
};

struct offer_case {
  std::string_view name;
  std::string main_cf;
  login_means means;
  std::string before_tls, after_tls;
};

TEST(service_settings, offer_what_options_filter_and_session_let_through) {
  offer_case const cases[] = {
      {"defaults", "", {}, "SCRAM-SHA-256 DIGEST-MD5 PLAIN LOGIN", "SCRAM-SHA-256 DIGEST-MD5 PLAIN LOGIN"},
      {"with bindings",
       "",
       {.channel_bindings = true},
       "SCRAM-SHA-256 DIGEST-MD5 PLAIN LOGIN",
       "SCRAM-SHA-256-PLUS SCRAM-SHA-256 DIGEST-MD5 PLAIN LOGIN"},
      {"a certificate is not enough: the filter",
       "",
       {.certificate_user = "joe"},
       "SCRAM-SHA-256 DIGEST-MD5 PLAIN LOGIN",
       "SCRAM-SHA-256 DIGEST-MD5 PLAIN LOGIN"},
      {"with a certificate and no filter",
       "smtpd_sasl_mechanism_filter =\n",
       {.certificate_user = "joe"},
       "SCRAM-SHA-256 DIGEST-MD5 PLAIN LOGIN",
       "EXTERNAL SCRAM-SHA-256 DIGEST-MD5 PLAIN LOGIN"},
      {"no plaintext without TLS",
       "smtpd_sasl_security_options = noanonymous, noplaintext\nsmtpd_sasl_tls_security_options = noanonymous\n",
       {},
       "SCRAM-SHA-256 DIGEST-MD5",
       "SCRAM-SHA-256 DIGEST-MD5 PLAIN LOGIN"},
      {"noactive as Cyrus has it",
       "smtpd_sasl_type = cyrus\nsmtpd_sasl_security_options = noanonymous, noactive\n",
       {},
       "SCRAM-SHA-256",
       "SCRAM-SHA-256"},
      {"noactive as Dovecot has it",
       "smtpd_sasl_type = dovecot\nsmtpd_sasl_security_options = noanonymous, noactive\n",
       {},
       "SCRAM-SHA-256 PLAIN LOGIN",
       "SCRAM-SHA-256 PLAIN LOGIN"},
      {"anonymous where asked for in as many words",
       "smtpd_sasl_security_options = noplaintext, nodictionary\nsmtpd_sasl_type = dovecot\n",
       {},
       "SCRAM-SHA-256 ANONYMOUS",
       "SCRAM-SHA-256 ANONYMOUS"},
      {"a word that nobody knows may forbid anything",
       "smtpd_sasl_security_options = noplain\nsmtpd_sasl_tls_security_options = noanonymous\n",
       {},
       "",
       "SCRAM-SHA-256 DIGEST-MD5 PLAIN LOGIN"},
      {"by name", "smtpd_sasl_mechanism_filter = !login, plain, login\n", {.channel_bindings = true}, "PLAIN", "PLAIN"},
  };
  for (auto const& one : cases) {
    auto const settings = load(one.main_cf);
    ASSERT_NE(settings, nullptr) << one.name;
    auto const offer = decide_mechanism_offer(*settings, offered, one.means);
    EXPECT_EQ(offer.before_tls, one.before_tls) << one.name;
    EXPECT_EQ(offer.after_tls, one.after_tls) << one.name;
  }
}

// Dovecot 2.4 binds channels too, but not in a way that smtpd speaks.
TEST(service_settings, offer_no_binding_that_smtpd_cannot_do) {
  auto const settings = load("");
  auto const offer = decide_mechanism_offer(*settings, {{"SCRAM-SHA-256-PLUS", {"mutual-auth", "channel-binding"}}},
                                            {.channel_bindings = true});
  EXPECT_EQ(offer.after_tls, "");
}

struct certificate_case {
  std::string main_cf;
  bool trusted;
  std::string email, common_name, want;
};

TEST(service_settings, find_the_user_in_a_trusted_certificate) {
  certificate_case const cases[] = {
      {"", true, "joe@example.net", "Joe Bloggs", "joe@example.net"},
      {"", true, "", "joe", "joe"},
      {"", true, "", "", ""},
      {"", false, "joe@example.net", "joe", ""},
      {"smtpd_sasl_cert_username = CN\n", true, "joe@example.net", "joe", "joe"},
      {"smtpd_sasl_cert_username = email\n", true, "", "joe", ""},
      {"smtpd_sasl_cert_username =\n", true, "joe@example.net", "joe", ""},
  };
  for (auto const& one : cases) {
    net::tls_info tls;
    tls.peer_certificate = true;
    tls.peer_verified = one.trusted;
    tls.peer_email = one.email;
    tls.peer_subject_cn = one.common_name;
    EXPECT_EQ(find_certificate_user(*load(one.main_cf), tls), one.want) << one.main_cf << one.email;
  }
  EXPECT_EQ(load("smtpd_sasl_cert_username = uid\n"), nullptr);
}

struct place_case {
  std::string main_cf, name;
  std::optional<std::uint16_t> port;
};

TEST(auth_place, follows_type_and_path) {
  place_case const cases[] = {
      {"", "/q/private/sasl", {}},
      {"smtpd_sasl_path = other\n", "/q/private/sasl", {}},
      {"smtpd_sasl_type = dovecot\n", "/q/private/auth", {}},
      {"smtpd_sasl_type = dovecot\nsmtpd_sasl_path = private/d\n", "/q/private/d", {}},
      {"smtpd_sasl_type = dovecot\nsmtpd_sasl_path = /run/d\n", "/run/d", {}},
      {"smtpd_sasl_type = dovecot\nsmtpd_sasl_path = unix:/run/d\n", "/run/d", {}},
      {"smtpd_sasl_type = dovecot\nsmtpd_sasl_path = inet:127.0.0.1:12345\n", "inet:127.0.0.1:12345", 12345},
      {"smtpd_sasl_type = dovecot\nsmtpd_sasl_path = inet:[::1]:24\n", "inet:[::1]:24", 24},
  };
  for (auto const& one : cases) {
    auto const settings =
        config::settings::load_text("queue_directory = /q\n" + one.main_cf, {.main_cf_may_be_missing = true});
    auto const place = load_auth_place(*settings);
    ASSERT_TRUE(place.has_value()) << one.main_cf;
    EXPECT_EQ(place->name, one.name);
    EXPECT_EQ(place->inet ? std::optional(place->inet->port) : std::nullopt, one.port);
  }
}

TEST(auth_place, names_what_is_wrong) {
  for (auto const* path : {"inet:", "inet:localhost", "inet:127.0.0.1:0", "inet:127.0.0.1:65536", "inet:127.0.0.1:x"}) {
    auto const settings = config::settings::load_text(
        std::string("smtpd_sasl_type = dovecot\nsmtpd_sasl_path = ") + path + "\n", {.main_cf_may_be_missing = true});
    auto const place = load_auth_place(*settings);
    ASSERT_FALSE(place.has_value()) << path;
    EXPECT_NE(place.error().text.find(path), std::string::npos);
  }
}

}  // namespace
}  // namespace postern::receive
