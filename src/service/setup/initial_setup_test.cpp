#include "service/setup/initial_setup.hpp"

#include <cstdlib>
#include <filesystem>
#include <memory>

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include "config/master_cf.hpp"

namespace postern::service::setup {
namespace {

setup_request request_in(std::string const& dir) {
  setup_request request;
  request.private_dir = dir;
  request.config_dir = dir + "/etc";
  request.ports = {2525, 2587, 2465};
  request.host_name = "mail.example.com";
  return request;
}

config::settings load(setup_request const& request) {
  config::load_request how;
  how.config_dir = request.config_dir;
  how.private_dir = request.private_dir;
  auto settings = config::settings::load_text(format_main_cf(request), how);
  EXPECT_TRUE(settings) << settings.error().text;
  return *settings;
}

TEST(initial_setup, is_safe_as_it_stands) {
  auto settings = load(request_in("/srv/p"));
  EXPECT_TRUE(settings.list("mynetworks").empty()) << "nobody relays because of an address";
  EXPECT_EQ("permit_sasl_authenticated, reject_unauth_destination", settings.text("smtpd_relay_restrictions"));
  EXPECT_TRUE(settings.boolean("smtpd_tls_auth_only"));
  EXPECT_TRUE(settings.boolean("smtpd_sasl_auth_enable"));
  EXPECT_EQ(settings.text("smtpd_sasl_anonymize"), "yes");
  EXPECT_EQ("private/auth", settings.text("smtpd_sasl_path"));
  EXPECT_EQ("/srv/p/etc/tls/key.pem", settings.text("smtpd_tls_key_file"));
  for (auto const& one : settings.diagnostics()) EXPECT_EQ(config::severity::note, one.level) << one.line();
}

TEST(initial_setup, names_three_services_that_all_want_a_login_but_the_first) {
  struct row {
    std::array<std::uint16_t, 3> ports;
    char const* address;
    std::array<char const*, 3> want;
  };
  for (auto const& [ports, address, want] :
       {row{{2525, 2587, 2465}, "", {"2525", "2587", "2465"}},
        row{{25, 587, 465}, "", {"smtp", "submission", "submissions"}},
        row{{25, 587, 465}, "127.0.0.1", {"127.0.0.1:25", "127.0.0.1:587", "127.0.0.1:465"}},
        row{{2525, 2587, 2465}, "::1", {"[::1]:2525", "[::1]:2587", "[::1]:2465"}}}) {
    auto request = request_in("/srv/p");
    request.ports = ports;
    request.address = address;
    auto settings = load(request);
    auto table = config::parse_master_cf(format_master_cf(request), "master.cf", settings);
    EXPECT_TRUE(table.diagnostics.empty());
    ASSERT_EQ(4U, table.services.size());
    EXPECT_EQ("pickup", table.services[3].command);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(want[i], table.services[i].name);
      EXPECT_EQ(ports[i], table.services[i].port);
      auto own = settings.with(table.services[i].overrides);
      EXPECT_EQ(i == 0 ? "may" : "encrypt", own.text("smtpd_tls_security_level"));
      EXPECT_EQ(i == 2, own.boolean("smtpd_tls_wrappermode"));
      if (i > 0) EXPECT_EQ("permit_sasl_authenticated,reject", own.text("smtpd_relay_restrictions"));
    }
  }
}

TEST(initial_setup, writes_once_and_keeps_what_is_there) {
  std::string place = "/tmp/postern-setup-XXXXXX";
  ASSERT_NE(nullptr, ::mkdtemp(place.data()));
  auto request = request_in(place + "/server");
  auto first = write_initial_setup(request);
  ASSERT_TRUE(first) << first.error().text;
  EXPECT_EQ(4U, first->written.size());
  EXPECT_FALSE(first->fingerprint.empty());
  struct stat about{};
  ASSERT_EQ(0, ::stat((request.config_dir + "/tls/key.pem").c_str(), &about));
  EXPECT_EQ(0600U, about.st_mode & 07777);
  auto second = write_initial_setup(request);
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->written.empty());
  EXPECT_EQ(4U, second->kept.size());
  EXPECT_TRUE(second->fingerprint.empty());
  std::filesystem::remove_all(place);
}

TEST(initial_setup, makes_a_certificate_for_the_name_that_the_server_will_have) {
  for (auto const* host_name : {"", "mail.example.com"}) {
    std::string place = "/tmp/postern-setup-XXXXXX";
    ASSERT_NE(nullptr, ::mkdtemp(place.data()));
    auto request = request_in(place + "/server");
    request.host_name = host_name;
    auto report = write_initial_setup(request);
    ASSERT_TRUE(report) << report.error().text;
    std::unique_ptr<BIO, decltype(&BIO_free_all)> file(BIO_new_file(report->certificate.c_str(), "r"), BIO_free_all);
    std::unique_ptr<X509, decltype(&X509_free)> certificate(PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr),
                                                            X509_free);
    ASSERT_NE(nullptr, certificate);
    auto settings = config::settings::load({.config_dir = request.config_dir, .private_dir = request.private_dir});
    ASSERT_TRUE(settings) << settings.error().text;
    for (auto const& name : {settings->text("myhostname"), std::string("localhost")})
      EXPECT_EQ(1, X509_check_host(certificate.get(), name.c_str(), 0, 0, nullptr)) << name;
    std::filesystem::remove_all(place);
  }
}

TEST(initial_setup, gives_a_system_service_its_own_places) {
  setup_request request;
  request.config_dir = "/etc/postern";
  request.mail_owner = "postern";
  auto settings = load(request);
  EXPECT_EQ("/var/spool/postern", settings.text("queue_directory"));
  EXPECT_EQ("/var/lib/postern/mail/", settings.text("mail_spool_directory"));
  EXPECT_EQ("postern", settings.text("mail_owner"));
}

}  // namespace
}  // namespace postern::service::setup
