#include "sasl/ntlm.hpp"

#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "sasl/ntlm_message.hpp"
#include "sasl/test_exchange.hpp"

// The values of [MS-NLMP §4.2.4]: User, Domain, Password, challenge 0123456789abcdef.
namespace postern::sasl {
namespace {

constexpr std::string_view sample_authenticate =
    "4e544c4d5353500003000000180018006c00000054005400840000000c000c00480000000800080054000000100010005c000000"
    "10001000d8000000358288e20501280a0000000f44006f006d00610069006e00550073006500720043004f004d005000550054004500"
    "520086c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa68cd0ab851e51c96aabc927bebef6a1c010100000000000000000000"
    "00000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e0001000c00530065007200760065007200000000000000"
    "0000c5dad2544fc9799094ce1ce90bc9d03e";
constexpr std::string_view sample_challenge = "0123456789abcdef";
constexpr std::string_view sample_negotiate = "4e544c4d53535000010000003582082000000000000000000000000000000000";

std::string octets(std::string_view hex) { return decode_hex(hex).value(); }

TEST(ntlm_message, agrees_with_the_values_of_ms_nlmp) {
  auto const answer = parse_ntlm_authenticate(octets(sample_authenticate));
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_EQ(answer->user, "User");
  EXPECT_EQ(answer->domain, "Domain");
  auto const key = make_ntlm_key(secret("Password"), "User", "Domain");
  EXPECT_EQ(encode_hex(key.reveal()), "0c868a403bfd7a93a3001ef22ef02e3f");
  EXPECT_EQ(encode_hex(answer->nt_response.substr(0, 16)), "68cd0ab851e51c96aabc927bebef6a1c");
  EXPECT_TRUE(fits_ntlm_v2(key, octets(sample_challenge), answer->nt_response));
  EXPECT_FALSE(fits_ntlm_v2(key, octets("0123456789abcdee"), answer->nt_response));
  EXPECT_FALSE(
      fits_ntlm_v2(make_ntlm_key(secret("password"), "User", "Domain"), octets(sample_challenge), answer->nt_response));
}

TEST(ntlm_message, names_are_upper_cased_one_character_at_a_time) {
  auto const key = make_ntlm_key(secret("p\xc3\xa4ss"), "j\xc3\xb6rg", "");
  EXPECT_EQ(key.reveal(), make_ntlm_key(secret("p\xc3\xa4ss"), "J\xc3\x96RG", "").reveal());
  EXPECT_NE(key.reveal(), make_ntlm_key(secret("p\xc3\x84ss"), "J\xc3\x96RG", "").reveal());
  EXPECT_NE(key.reveal(), make_ntlm_key(secret("p\xc3\xa4ss"), "J\xc3\x96RG", "D").reveal());
}

TEST(ntlm_message, cut_or_damaged_it_is_refused_and_never_crashes) {
  auto const whole = octets(sample_authenticate);
  for (std::size_t cut = 0; cut < whole.size() - 16; ++cut) {
    EXPECT_FALSE(parse_ntlm_authenticate(whole.substr(0, cut))) << cut;
  }
  for (std::size_t at = 0; at < 64; ++at) {
    auto damaged = whole;
    damaged[at] = static_cast<char>(0xff);
    static_cast<void>(parse_ntlm_authenticate(damaged));
  }
  auto version_1 = whole;
  version_1[20] = 24;  // the length of the NT response
  EXPECT_FALSE(parse_ntlm_authenticate(version_1));
  EXPECT_FALSE(parse_ntlm_authenticate(whole + std::string(8192, 'x')));
  EXPECT_FALSE(parse_ntlm_negotiate("NTLMSSP"));
  EXPECT_FALSE(parse_ntlm_negotiate(octets(sample_authenticate)));
}

testing::test_account account_of(std::string_view password) {
  return {.keys = {}, .stored = shared_secret{.value = secret(password), .realm = {}}, .token = {}};
}

std::unique_ptr<server_mechanism> make_server() {
  auto parameters = testing::test_parameters();
  parameters.random = testing::always(octets(sample_challenge));
  return make_ntlm_server(parameters);
}

server_action run(server_mechanism& server, bool initial, testing::test_account const& account) {
  auto action = initial ? server.start(octets(sample_negotiate)) : server.start(std::nullopt);
  if (!initial) {
    EXPECT_EQ(std::get<challenge>(action).data, "");
    action = server.step(octets(sample_negotiate));
  }
  EXPECT_TRUE(std::get<challenge>(action).data.starts_with("NTLMSSP"));
  return testing::answer_questions(server, server.step(octets(sample_authenticate)), account);
}

TEST(ntlm, knows_the_right_password) {
  for (bool const initial : {false, true}) {
    auto const good = run(*make_server(), initial, account_of("Password"));
    ASSERT_TRUE(std::holds_alternative<authenticated>(good));
    EXPECT_EQ(std::get<authenticated>(good).user, "User");
    auto const bad = run(*make_server(), initial, account_of("password"));
    EXPECT_EQ(std::get<rejected>(bad).reason, reject_reason::wrong_password);
    auto const nobody = run(*make_server(), initial, {});
    EXPECT_EQ(std::get<rejected>(nobody).reason, reject_reason::unknown_user);
  }
}

TEST(ntlm, the_challenge_names_the_server) {
  auto const server = make_server();
  auto const action = server->start(octets(sample_negotiate));
  auto const& data = std::get<challenge>(action).data;
  EXPECT_EQ(data.substr(24, 8), octets(sample_challenge));
  EXPECT_NE(data.find(std::string("m\0a\0i\0l\0", 8)), std::string::npos);
}

TEST(ntlm, refuses_messages_out_of_turn) {
  EXPECT_TRUE(std::holds_alternative<rejected>(make_server()->start(octets(sample_authenticate))));
  EXPECT_TRUE(std::holds_alternative<rejected>(make_server()->start("x")));
  auto const server = make_server();
  server->start(octets(sample_negotiate));
  EXPECT_TRUE(std::holds_alternative<rejected>(server->step(octets(sample_negotiate))));
}

}  // namespace
}  // namespace postern::sasl
