#include <gtest/gtest.h>

#include "auth/account_source.hpp"
#include "auth/account_store.hpp"
#include "auth/test_accounts.hpp"

namespace postern::auth {
namespace {

using namespace std::chrono_literals;

wall_time const noon{1'700'000'000s};

device_certificate make_certificate(std::string account, std::string serial) {
  return {.serial = serial,
          .fingerprint = std::string(48, 'a') + serial,
          .account = std::move(account),
          .device = "phone",
          .credential = {},
          .issued = noon,
          .expires = noon + 1h,
          .revoked = {},
          .last_used = {}};
}

TEST(account_certificates, are_kept_and_outlive_their_account) {
  test_accounts const place;
  place.add("joe", "secret");
  auto store = place.open();
  auto const issued = make_certificate("joe", "5f2a000000000001");
  EXPECT_TRUE(store.add_certificate(issued).value());
  EXPECT_TRUE(store.add_certificate(make_certificate("joe", "5f2a000000000002")).value()) << "renewed";
  EXPECT_FALSE(store.add_certificate(make_certificate("ann", "5f2a000000000003")).value());
  auto const all = store.load_certificates().value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(store.load_certificates("joe").value().size(), 2U);
  EXPECT_TRUE(store.load_certificates("ann").value().empty());
  EXPECT_EQ(all[0].credential, "cert:phone:5f2a000000000001");
  EXPECT_EQ(all[0].expires, noon + 1h);
  EXPECT_FALSE(all[0].revoked);

  EXPECT_TRUE(store.revoke_certificate(all[0], noon + 1min).value());
  EXPECT_FALSE(store.revoke_certificate(all[0], noon + 2min).value());
  EXPECT_EQ(store.find_certificate(issued.fingerprint).value()->revoked, noon + 1min);
  EXPECT_FALSE(store.find_certificate("00").value());
  ASSERT_TRUE(store.remove("joe").value());
  auto const left = store.find_certificate(issued.fingerprint).value();
  ASSERT_TRUE(left);
  EXPECT_EQ(left->account, "joe");
  EXPECT_EQ(left->credential, "");
}

TEST(account_certificates, a_serial_is_nobody_elses) {
  test_accounts const place;
  place.add("joe", "secret");
  place.add("ann", "secret");
  auto store = place.open();
  EXPECT_TRUE(store.add_certificate(make_certificate("joe", "5f2a000000000001")).value());
  EXPECT_FALSE(store.add_certificate(make_certificate("ann", "5f2a000000000001")).value());
  EXPECT_TRUE(store.load_account("ann").value()->app_passwords.empty()) << "nothing is half done";
}

TEST(account_certificates, are_worth_what_account_and_time_allow) {
  auto const issued = make_certificate("joe", "5f2a000000000001");
  struct {
    std::string_view name;
    void (*change)(account_store&, device_certificate const&);
    std::chrono::minutes later;
    verdict_code code;
    std::string_view detail;
  } const cases[] = {
      {"good", [](account_store&, auto const&) {}, 1min, verdict_code::accepted, ""},
      {"at its end", [](account_store&, auto const&) {}, 60min, verdict_code::expired,
       "the certificate of phone expired"},
      {"revoked",
       [](account_store& store, auto const& one) {
         EXPECT_TRUE(store.revoke_certificate(store.find_certificate(one.fingerprint).value().value(), noon).value());
       },
       1min, verdict_code::wrong_password, "the certificate of phone was revoked"},
      {"locked", [](account_store& store, auto const&) { EXPECT_TRUE(store.set_locked("joe", true, noon).value()); },
       1min, verdict_code::locked, "locked"},
      {"account expired",
       [](account_store& store, auto const&) { EXPECT_TRUE(store.set_expiry("joe", noon, noon).value()); }, 1min,
       verdict_code::expired, "the account expired"},
      {"account gone", [](account_store& store, auto const&) { EXPECT_TRUE(store.remove("joe").value()); }, 1min,
       verdict_code::unknown_user, "its account joe is gone"},
      {"a password later",
       [](account_store& store, auto const&) { EXPECT_TRUE(store.set_verifiers("joe", {}, noon).value()); }, 1min,
       verdict_code::accepted, ""},
  };
  for (auto const& one : cases) {
    test_accounts const place;
    place.add("joe", "secret");
    auto store = place.open();
    ASSERT_TRUE(store.add_certificate(issued).value());
    one.change(store, issued);
    auto const sources = place.sources([&one] { return noon + one.later; })().value();
    auto const said =
        sources.front()->check_certificate({.service = "smtp", .client_address = "192.0.2.7"}, issued.fingerprint);
    EXPECT_EQ(said.code, one.code) << one.name << ": " << said.detail;
    EXPECT_NE(said.detail.find(one.detail), std::string::npos) << one.name << ": " << said.detail;
    if (said.code == verdict_code::accepted) {
      EXPECT_EQ(said.account, "joe");
      EXPECT_EQ(said.credential, "cert:phone:5f2a000000000001");
    }
    EXPECT_EQ(sources.front()->check_certificate({}, "00").code, verdict_code::unknown_user) << one.name;
    // A certificate is no password.
    EXPECT_NE(sources.front()->check_password({.user = "joe"}, secret("abcd-efgh-jkmn-pqrs-tuvw")).code,
              verdict_code::accepted);
  }
}

TEST(certificate_credential_name, holds_the_device) {
  struct {
    std::string_view credential;
    std::string_view device;
  } const cases[] = {{"cert:phone:5f2a", "phone"}, {"cert:old laptop:00", "old laptop"}, {"phone", ""}, {"", ""}};
  for (auto const& one : cases) EXPECT_EQ(certificate_device(one.credential), one.device) << one.credential;
  EXPECT_EQ(certificate_credential_name("phone", "5f2a"), "cert:phone:5f2a");
}

}  // namespace
}  // namespace postern::auth
