#include "policy/policy_service.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace postern::policy {
namespace {

config::settings defaults() { return *config::settings::load_text("", {.main_cf_may_be_missing = true}); }

TEST(policy_service, is_named_in_several_ways) {
  struct row {
    std::string written;
    std::string endpoint;  ///< empty: refused
    std::int64_t timeout;
    std::string action;
  };
  std::string const usual = "451 4.3.5 Server configuration problem";
  std::vector<row> const rows{
      {"inet:127.0.0.1:9998", "inet:127.0.0.1:9998", 100, usual},
      {"unix:private/policy", "unix:private/policy", 100, usual},
      {"{ inet:h:1, timeout=10s }", "inet:h:1", 10, usual},
      {"{ inet:h:1, timeout = 2m, default_action = DUNNO }", "inet:h:1", 120, "DUNNO"},
      {"{ inet:h:1, { default_action = 450 4.7.1 later }, try_limit=1 }", "inet:h:1", 100, "450 4.7.1 later"},
      {"{ inet:h:1 timeout }", "", 0, ""},
      {"{ inet:h:1, timeout=soon }", "", 0, ""},
      {"{ inet:h:1, try_limit=0 }", "", 0, ""},
      {"{ inet:h:1, colour=red }", "", 0, ""},
      {"h", "", 0, ""},
      {"ftp:h:1", "", 0, ""},
      {"{}", "", 0, ""},
  };
  for (auto const& one : rows) {
    auto parsed = parse_policy_service(one.written, defaults());
    ASSERT_EQ(parsed.has_value(), !one.endpoint.empty()) << one.written;
    if (!parsed) continue;
    EXPECT_EQ(parsed->endpoint, one.endpoint) << one.written;
    EXPECT_EQ(parsed->timeout.count(), one.timeout) << one.written;
    EXPECT_EQ(parsed->default_action, one.action) << one.written;
  }
}

TEST(policy_service, a_request_has_postfix_s_attributes_in_its_order) {
  client_facts client;
  client.address = *ip_address::parse("2001:db8::1");
  client.name = "a.example";
  client.helo = "forged\nrequest=x";
  client.sender = "s@example.com";
  client.sasl_user = "joe";
  client.sasl_method = "PLAIN";
  client.recipient_count = 3;
  client.tls =
      tls_facts{"TLSv1.3", "TLS_AES_256_GCM_SHA384", 256, certificate_facts{"AA", "BB", "Joe's phone", "our CA", true}};
  policy_service service;
  service.context = "greylist";
  auto text = format_policy_request(service, client, "r@example.net");
  std::vector<std::string> names;
  for (auto line : split(text, '\n')) names.emplace_back(line.substr(0, line.find('=')));
  std::vector<std::string> const want{"request",
                                      "protocol_state",
                                      "protocol_name",
                                      "client_address",
                                      "client_name",
                                      "client_port",
                                      "reverse_client_name",
                                      "server_address",
                                      "server_port",
                                      "helo_name",
                                      "sender",
                                      "recipient",
                                      "recipient_count",
                                      "queue_id",
                                      "instance",
                                      "size",
                                      "etrn_domain",
                                      "stress",
                                      "sasl_method",
                                      "sasl_username",
                                      "sasl_sender",
                                      "ccert_subject",
                                      "ccert_issuer",
                                      "ccert_fingerprint",
                                      "ccert_pubkey_fingerprint",
                                      "encryption_protocol",
                                      "encryption_cipher",
                                      "encryption_keysize",
                                      "policy_context",
                                      "",
                                      ""};
  EXPECT_EQ(names, want);
  EXPECT_NE(text.find("\nhelo_name=forged?request=x\n"), std::string::npos);
  EXPECT_NE(text.find("\nccert_subject=Joe's+20phone\n"), std::string::npos);
  EXPECT_NE(text.find("\nrecipient_count=0\n"), std::string::npos);
  client.at = command::bdat;
  auto data = format_policy_request(service, client, "");
  EXPECT_NE(data.find("\nprotocol_state=DATA\n"), std::string::npos);
  EXPECT_NE(data.find("\nrecipient_count=3\n"), std::string::npos);
}

TEST(policy_service, replies_are_whole_or_wrong) {
  struct row {
    std::string input;
    std::string action;  ///< "…": more is to come; "!": wrong
    std::size_t octets = 0;
  };
  std::vector<row> const rows{
      {"action=DUNNO\n\n", "DUNNO", 14},
      {"action=REJECT go away\r\n\r\n", "REJECT go away", 25},
      {"other=x\naction=OK\nmore=y\n\nrest", "OK", 26},
      {"action=OK\naction=REJECT\n\n", "OK", 25},
      {"action=OK\n", "…"},
      {"", "…"},
      {"\n", "!"},
      {"action=\n\n", "!"},
      {"hello\n\n", "!"},
      {"=x\n\n", "!"},
      {"action=PREPEND X-A: b\rBcc: c@d.example\n\n", "!"},
      {std::string("action=REJECT a\0b\n\n", 19), "!"},
  };
  for (auto const& one : rows) {
    auto parsed = parse_policy_reply(one.input);
    ASSERT_EQ(parsed.has_value(), one.action != "!") << one.input;
    if (!parsed) continue;
    ASSERT_EQ(parsed->has_value(), one.action != "…") << one.input;
    if (!*parsed) continue;
    EXPECT_EQ((*parsed)->action, one.action);
    EXPECT_EQ((*parsed)->octets, one.octets) << one.input;
    for (std::size_t cut = 0; cut < one.octets; ++cut) {
      auto part = parse_policy_reply(std::string_view(one.input).substr(0, cut));
      ASSERT_TRUE(part.has_value()) << one.input << " cut at " << cut;
      EXPECT_FALSE(part->has_value()) << one.input << " cut at " << cut;
    }
  }
  EXPECT_FALSE(parse_policy_reply(std::string(reply_octets_max + 1, 'x')).has_value());
}

}  // namespace
}  // namespace postern::policy
