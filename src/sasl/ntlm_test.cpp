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

// ---- the client's side

constexpr std::string_view sample_challenge_message =
    "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef00000000000000002400240044000000060070170000000f"
    "53006500720076006500720002000c0044006f006d00610069006e0001000c0053006500720076006500720000000000";

TEST(ntlm_answer, agrees_with_the_values_of_ms_nlmp) {
  auto const asked = parse_ntlm_challenge(octets(sample_challenge_message));
  ASSERT_TRUE(asked) << asked.error();
  EXPECT_EQ(encode_hex(asked->server_challenge), sample_challenge);
  auto const key = make_ntlm_key(secret("Password"), "User", "Domain");
  auto const response = make_ntlm_v2_response(key, *asked, std::string(8, '\xaa'), 0);
  EXPECT_EQ(response, parse_ntlm_authenticate(octets(sample_authenticate))->nt_response);
}

TEST(ntlm_answer, is_read_back_as_it_was_written) {
  auto const asked = parse_ntlm_challenge(octets(sample_challenge_message)).value();
  ntlm_authenticate const answer{
      .user = "j\xc3\xb6rg", .domain = "D\xf0\x9f\x98\x80", .nt_response = std::string(60, 'r')};
  auto const message = format_ntlm_authenticate(answer, asked);
  auto const read = parse_ntlm_authenticate(message);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->user, answer.user);
  EXPECT_EQ(read->domain, answer.domain);
  EXPECT_EQ(read->nt_response, answer.nt_response);
  EXPECT_TRUE(parse_ntlm_negotiate(format_ntlm_negotiate()).value().unicode());
}

TEST(ntlm_answer, takes_the_servers_time_before_its_own) {
  using std::chrono::system_clock;
  auto asked = parse_ntlm_challenge(octets(sample_challenge_message)).value();
  EXPECT_EQ(ntlm_time(asked, system_clock::from_time_t(1055844000)), 0x01c334b736d39000U);
  asked.target_info = octets("02000200440007000800");  // cut
  EXPECT_EQ(ntlm_time(asked, system_clock::from_time_t(0)), 0x019db1ded53e8000U);
  asked.target_info = octets("02000200440007000800001122334455667700000000");
  EXPECT_EQ(ntlm_time(asked, system_clock::from_time_t(0)), 0x7766554433221100U);
}

TEST(ntlm_answer, cut_or_damaged_challenges_never_crash) {
  auto const whole = octets(sample_challenge_message);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) EXPECT_FALSE(parse_ntlm_challenge(whole.substr(0, cut))) << cut;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto damaged = whole;
    damaged[at] = static_cast<char>(0xff);
    if (auto const asked = parse_ntlm_challenge(damaged)) static_cast<void>(ntlm_time(*asked, {}));
  }
  auto narrow = whole;
  narrow[20] = 2;
  EXPECT_FALSE(parse_ntlm_challenge(narrow));
}

TEST(ntlm_client, logs_in_with_the_right_password_alone) {
  auto parameters = testing::test_parameters();
  parameters.random = testing::always("01234567");
  shared_secret const stored{shared_secret::form::plaintext, secret("p\xc3\xa4ss"), {}};
  for (bool const initial : {true, false}) {
    for (auto const* const password : {"p\xc3\xa4ss", "pass"}) {
      auto const server = make_ntlm_server(parameters);
      auto credentials = testing::test_credentials("DOMAIN\\j\xc3\xb6rg", password);
      credentials.random = testing::always("76543210");
      auto const client = make_ntlm_client(std::move(credentials));
      auto const end = testing::run_exchange(*server, *client, {.keys = {}, .stored = stored, .token = {}}, initial);
      auto const* const in = std::get_if<authenticated>(&end.server);
      EXPECT_EQ(in != nullptr, password == stored.value.reveal()) << password;
      if (in != nullptr) EXPECT_EQ(in->user, "j\xc3\xb6rg");
    }
  }
}

TEST(ntlm_client, refuses_what_is_no_challenge) {
  for (auto const& challenge : {std::string("NTLM supported"), octets(sample_authenticate), std::string(9000, 'x')}) {
    auto const client = make_ntlm_client(testing::test_credentials("joe", "pw"));
    ASSERT_TRUE(client->start());
    EXPECT_FALSE(client->step(challenge));
  }
  auto const client = make_ntlm_client(testing::test_credentials("joe", "pw"));
  ASSERT_TRUE(client->step(octets(sample_challenge_message)));
  EXPECT_FALSE(client->step(octets(sample_challenge_message)));
}

}  // namespace
}  // namespace postern::sasl
