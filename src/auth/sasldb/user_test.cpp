#include "auth/sasldb/user.hpp"

#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "crypto/hash.hpp"
#include "crypto/md5.hpp"

namespace postern::auth::sasldb {
namespace {

using namespace std::string_literals;
using crypto::hash_algorithm;

user_secrets secrets_of(records const& all, user_in_realm const& who) {
  std::vector<std::pair<std::string_view, secret const*>> mine;
  auto const prefix = format_key_prefix(who.user, who.realm);
  for (auto const& one : all) {
    if (one.key.starts_with(prefix)) mine.emplace_back(std::string_view(one.key).substr(prefix.size()), &one.value);
  }
  return parse_user_secrets(mine);
}

record* find(records& all, std::string_view ending) {
  for (auto& one : all) {
    if (one.key.ends_with(ending)) return &one;
  }
  return nullptr;
}

user_in_realm const joe{"joe", "example.org"};

TEST(sasldb_user, plaintext_alone_by_default) {
  records all;
  set_password(all, joe, {.password = secret("pencil")});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].key, "joe\0example.org\0userPassword"s);
  EXPECT_EQ(all[0].value.reveal(), "pencil");
}

TEST(sasldb_user, verifiers_of_every_hash) {
  records all;
  set_password(all, joe, {.password = secret("pencil"), .plaintext = false, .verifiers = true});
  auto const held = secrets_of(all, joe);
  EXPECT_FALSE(held.plaintext);
  ASSERT_EQ(held.verifiers.size(), 3U);
  for (auto const& [hash, keys] : held.verifiers) {
    EXPECT_TRUE(fits_scram(hash, keys, secret("pencil")));
    EXPECT_FALSE(fits_scram(hash, keys, secret("pen")));
  }
}

TEST(sasldb_user, keys_of_an_older_password_count_no_more) {
  records all;
  set_password(all, joe, {.password = secret("old"), .plaintext = false, .verifiers = true});
  records other;
  set_password(other, joe, {.password = secret("new"), .plaintext = false, .verifiers = true});
  // As Cyrus's saslpasswd2 changes it: its own property alone.
  find(all, "\0authPassword"s)->value = find(other, "\0authPassword"s)->value;
  auto held = secrets_of(all, joe);
  ASSERT_EQ(held.verifiers.size(), 1U);
  EXPECT_EQ(held.verifiers[0].algorithm, hash_algorithm::sha1);
  // And as it deletes a user.
  std::erase_if(all, [](auto const& one) { return one.key.ends_with("\0authPassword"s); });
  EXPECT_EQ(all.size(), 2U);
  EXPECT_TRUE(secrets_of(all, joe).verifiers.empty());
}

TEST(sasldb_user, a_new_password_takes_all_of_the_old_one_away) {
  records all{{"joe\0example.org\0cmusaslsecretPLAIN"s, secret("x")}, {"joe\0example.com\0userPassword"s, secret("y")}};
  set_password(all, joe, {.password = secret("old"), .plaintext = true, .verifiers = true});
  EXPECT_EQ(all.size(), 5U);
  set_password(all, joe, {.password = secret("new")});
  EXPECT_EQ(all.size(), 2U);
  EXPECT_TRUE(remove_user(all, joe));
  EXPECT_FALSE(remove_user(all, joe));
  EXPECT_EQ(all.size(), 1U);
}

TEST(sasldb_user, what_cannot_be_stored_is_refused) {
  EXPECT_FALSE(check_user({"", "r"}));
  EXPECT_FALSE(check_user({"a\0b"s, "r"}));
  EXPECT_FALSE(check_user({std::string(1025, 'x'), "r"}));
  EXPECT_TRUE(check_user({"a", ""}));
  EXPECT_FALSE(check_password(secret("")));
  EXPECT_FALSE(check_password(secret("a\0b"s)));
  EXPECT_FALSE(check_password(secret(std::string(8192, 'x'))));
  EXPECT_TRUE(check_password(secret(" \n")));
}

TEST(sasldb_user, secrets_of_cyrus_1) {
  std::string const salt(16, 's');
  secret const stored(salt + '\0' + crypto::md5(salt + "sasldb" + "pencil"));
  EXPECT_TRUE(check_old_plain(stored, secret("pencil")));
  EXPECT_FALSE(check_old_plain(stored, secret("pencils")));
  EXPECT_FALSE(check_old_plain(secret("short"), secret("pencil")));
  auto const digest = format_old_digest(secret(crypto::md5("joe:example.org:pencil")), "example.org");
  ASSERT_TRUE(digest);
  EXPECT_EQ(digest->value.reveal(), encode_hex(crypto::md5("joe:example.org:pencil")));
  auto const key = crypto::make_hmac_md5_key("pencil");
  std::string states;
  for (auto const& state : {key.inner, key.outer}) {
    for (auto const word : state) {
      for (unsigned shift = 32; shift > 0; shift -= 8) states += static_cast<char>(word >> (shift - 8));
    }
  }
  auto const cram = format_old_cram(secret(std::string_view(states)));
  ASSERT_TRUE(cram);
  EXPECT_EQ(cram->value.reveal(), crypto::format_hmac_md5_key(key).reveal());
  EXPECT_FALSE(format_old_cram(secret("short")));
}

}  // namespace
}  // namespace postern::auth::sasldb
