#include "message/received.hpp"

#include <gtest/gtest.h>

namespace postern::message {
namespace {

received_fields basic_fields() {
  received_fields fields;
  fields.helo_name = "phone.example";
  fields.client_name = "host.example.net";
  fields.client_address = "192.0.2.1";
  fields.extended = true;
  fields.host_name = "mx.example";
  fields.mail_name = "Postern";
  fields.queue_id = "4ABC";
  fields.date = "Mon,  3 Feb 2025 10:00:00 +0000 (UTC)";
  return fields;
}

tls_details modern_tls() {
  tls_details tls;
  tls.protocol = "TLSv1.3";
  tls.cipher = "TLS_AES_256_GCM_SHA384";
  tls.cipher_bits_used = tls.cipher_bits = 256;
  tls.key_exchange = "X25519";
  tls.server_signature = "ECDSA";
  tls.server_signature_curve = "prime256v1";
  tls.server_digest = "SHA256";
  return tls;
}

TEST(received, writes_the_plain_form) {
  auto fields = basic_fields();
  fields.extended = false;
  EXPECT_EQ(format_received(fields),
            "Received: from phone.example (host.example.net [192.0.2.1])\r\n"
            "\tby mx.example (Postern) with SMTP id 4ABC;\r\n"
            "\tMon,  3 Feb 2025 10:00:00 +0000 (UTC)\r\n");
}

TEST(received, names_the_only_recipient) {
  auto fields = basic_fields();
  fields.recipient = "joe@example.org";
  fields.client_name = "unknown";
  fields.client_address = "2001:db8::1";
  fields.helo_name = {};
  EXPECT_EQ(format_received(fields),
            "Received: from unknown (unknown [IPv6:2001:db8::1])\r\n"
            "\tby mx.example (Postern) with ESMTP id 4ABC\r\n"
            "\tfor <joe@example.org>; Mon,  3 Feb 2025 10:00:00 +0000 (UTC)\r\n");
}

TEST(received, tells_tls_and_login_when_asked) {
  auto fields = basic_fields();
  auto tls = modern_tls();
  fields.tls = &tls;
  fields.authenticated_user = "joe";
  EXPECT_EQ(format_received(fields),
            "Received: from phone.example (host.example.net [192.0.2.1])\r\n"
            "\tby mx.example (Postern) with ESMTPSA id 4ABC;\r\n"
            "\tMon,  3 Feb 2025 10:00:00 +0000 (UTC)\r\n");
  fields.show_tls = fields.show_user = true;
  EXPECT_EQ(format_received(fields),
            "Received: from phone.example (host.example.net [192.0.2.1])\r\n"
            "\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\r\n"
            "\t key-exchange X25519 server-signature ECDSA (prime256v1) server-digest SHA256)\r\n"
            "\t(No client certificate requested)\r\n"
            "\t(Authenticated sender: joe)\r\n"
            "\tby mx.example (Postern) with ESMTPSA id 4ABC;\r\n"
            "\tMon,  3 Feb 2025 10:00:00 +0000 (UTC)\r\n");
}

TEST(received, tells_every_form_of_tls) {
  struct {
    std::string_view name;
    void (*change)(tls_details&);
    std::string_view want;
  } const forms[] = {
      {"TLS 1.2 tells no key exchange",
       [](tls_details& tls) {
         tls = {};
         tls.protocol = "TLSv1.2";
         tls.cipher = "ECDHE-RSA-AES128-GCM-SHA256";
         tls.cipher_bits_used = tls.cipher_bits = 128;
       },
       "\t(using TLSv1.2 with cipher ECDHE-RSA-AES128-GCM-SHA256 (128/128 bits))\r\n"
       "\t(No client certificate requested)\r\n"},
      {"bits instead of curves",
       [](tls_details& tls) {
         tls.key_exchange = "DHE";
         tls.key_exchange_bits = 2048;
         tls.server_signature = "RSA-PSS";
         tls.server_signature_curve.clear();
         tls.server_signature_bits = 4096;
         tls.client_certificate_requested = true;
       },
       "\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\r\n"
       "\t key-exchange DHE (2048 bits) server-signature RSA-PSS (4096 bits) server-digest SHA256)\r\n"
       "\t(Client did not present a certificate)\r\n"},
      {"client certificate",
       [](tls_details& tls) {
         tls.key_exchange = "ECDHE";
         tls.key_exchange_curve = "secp384r1";
         tls.client_signature = "RSA-PSS";
         tls.client_signature_bits = 2048;
         tls.client_digest = "SHA256";
         tls.client_certificate_requested = tls.client_certificate_present = true;
         tls.client_common_name = "phone \"1\")\r\nX";
         tls.client_issuer = "CA";
       },
       "\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\r\n"
       "\t key-exchange ECDHE (secp384r1) server-signature ECDSA (prime256v1) server-digest SHA256\r\n"
       "\t client-signature RSA-PSS (2048 bits) client-digest SHA256)\r\n"
       "\t(Client CN \"phone ?1????X\", Issuer \"CA\" (not verified))\r\n"},
  };
  for (auto const& test : forms) {
    auto fields = basic_fields();
    auto tls = modern_tls();
    test.change(tls);
    fields.tls = &tls;
    fields.show_tls = true;
    auto const text = format_received(fields);
    EXPECT_NE(text.find(std::string("\r\n") + std::string(test.want) + "\tby "), std::string::npos) << test.name << "\n"
                                                                                                    << text;
  }
}

TEST(received, tells_nothing_of_where_an_anonymous_sender_is) {
  auto fields = basic_fields();
  auto tls = modern_tls();
  tls.client_certificate_requested = tls.client_certificate_present = true;
  tls.client_common_name = "joes-phone";
  fields.tls = &tls;
  fields.show_tls = true;
  fields.authenticated_user = "joe";
  fields.anonymize = true;
  for (std::string_view const address : {"192.0.2.1", "2001:db8::1"}) {
    fields.client_address = address;
    auto const text = format_received(fields);
    EXPECT_TRUE(text.starts_with("Received: from [127.0.0.1] (localhost [127.0.0.1])\r\n")) << text;
    for (std::string_view const hidden : {"phone", "host.example.net", "192.0.2.1", "2001:db8", "joe"}) {
      EXPECT_EQ(text.find(hidden), std::string::npos) << hidden;
    }
    EXPECT_NE(text.find("with ESMTPSA id 4ABC"), std::string::npos);
  }
}

TEST(received, cleans_what_clients_chose) {
  auto fields = basic_fields();
  fields.helo_name = "a b(c)\r\nX: y<>;";
  fields.client_name = "evil)\r\n";
  fields.authenticated_user = "joe)\r\nBcc: x";
  fields.show_user = true;
  EXPECT_EQ(format_received(fields),
            "Received: from a?b?c???X:?y??? (evil??? [192.0.2.1])\r\n"
            "\t(Authenticated sender: joe???Bcc: x)\r\n"
            "\tby mx.example (Postern) with ESMTPA id 4ABC;\r\n"
            "\tMon,  3 Feb 2025 10:00:00 +0000 (UTC)\r\n");
}

TEST(received, names_every_protocol) {
  EXPECT_EQ(format_with_protocol(false, false, false, false), "SMTP");
  EXPECT_EQ(format_with_protocol(false, false, true, true), "SMTP");
  EXPECT_EQ(format_with_protocol(true, false, false, false), "ESMTP");
  EXPECT_EQ(format_with_protocol(true, false, true, false), "ESMTPS");
  EXPECT_EQ(format_with_protocol(true, false, false, true), "ESMTPA");
  EXPECT_EQ(format_with_protocol(true, false, true, true), "ESMTPSA");
  EXPECT_EQ(format_with_protocol(true, true, true, true), "UTF8SMTPSA");
}

}  // namespace
}  // namespace postern::message
