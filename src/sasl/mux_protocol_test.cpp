#include "sasl/mux_protocol.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace postern::sasl::mux {
namespace {

using progress = request_reader::progress;

std::string counted(std::string_view text) {
  std::string out{static_cast<char>(text.size() >> 8U), static_cast<char>(text.size() & 0xffU)};
  return out += text;
}

std::string four() { return counted("bob") + counted("s3cret") + counted("smtp") + counted("example.org"); }

TEST(mux_protocol, a_request_looks_as_libsasl_writes_it) {
  request const asked{"bob", secret("s3cret"), "smtp", "example.org", ""};
  EXPECT_EQ(format_request(asked, false)->reveal(), std::string_view("\0\3bob\0\6s3cret\0\4smtp\0\13example.org", 32));
  EXPECT_EQ(format_request(asked, true)->reveal(), four() + counted(""));
  EXPECT_FALSE(format_request(
      {.login = std::string(65536, 'x'), .password = {}, .service = {}, .realm = {}, .client_address = {}}, false));
}

TEST(mux_protocol, requests_of_both_dialects) {
  struct row {
    char const* name;
    std::string input;
    progress want;
    std::string want_address;
  };
  for (auto const& [name, input, want, want_address] : std::vector<row>{
           {"four strings", four(), progress::complete, ""},
           {"five strings", four() + counted("192.0.2.7;51234"), progress::complete, "192.0.2.7;51234"},
           {"an empty fifth", four() + counted(""), progress::complete, ""},
           {"a line end behind", four() + "\n", progress::complete, ""},
           {"something long behind", four() + "garbage", progress::complete, ""},
           {"a fifth that is cut", four() + counted("192.0.2.7").substr(0, 5), progress::incomplete, ""},
           {"more than five", four() + counted("::1;25") + "rest", progress::complete, "::1;25"},
           {"nothing", "", progress::incomplete, ""},
       }) {
    request_reader reader;
    ASSERT_EQ(reader.feed(input), want) << name;
    if (want != progress::complete) continue;
    auto const got = reader.take();
    EXPECT_EQ(got.login, "bob") << name;
    EXPECT_EQ(got.password.reveal(), "s3cret") << name;
    EXPECT_EQ(got.service, "smtp") << name;
    EXPECT_EQ(got.realm, "example.org") << name;
    EXPECT_EQ(got.client_address, want_address) << name;
  }
}

TEST(mux_protocol, four_strings_cut_anywhere_are_the_same_request) {
  auto const input = four();
  for (std::size_t cut = 0; cut < input.size(); ++cut) {
    request_reader reader;
    EXPECT_EQ(reader.feed(std::string_view(input).substr(0, cut)), progress::incomplete) << cut;
    ASSERT_EQ(reader.feed(std::string_view(input).substr(cut)), progress::complete) << cut;
    EXPECT_EQ(reader.take().realm, "example.org");
  }
  request_reader reader;
  for (std::size_t i = 0; i < input.size(); ++i) {
    EXPECT_EQ(reader.feed(std::string_view(input).substr(i, 1)),
              i + 1 < input.size() ? progress::incomplete : progress::complete);
  }
  EXPECT_EQ(reader.take().password.reveal(), "s3cret");
}

TEST(mux_protocol, exim_writes_each_string_alone) {
  request_reader reader;
  EXPECT_EQ(reader.feed(counted("bob")), progress::incomplete);
  EXPECT_EQ(reader.feed(counted("s3cret")), progress::incomplete);
  EXPECT_EQ(reader.feed(counted("")), progress::incomplete);
  EXPECT_EQ(reader.feed(counted("")), progress::complete);
}

TEST(mux_protocol, a_fifth_string_may_be_cut) {
  request_reader reader;
  EXPECT_EQ(reader.feed(four() + counted("192.0.2.7").substr(0, 2)), progress::incomplete);
  EXPECT_EQ(reader.feed("192.0"), progress::incomplete);
  EXPECT_EQ(reader.feed(".2.7"), progress::complete);
  EXPECT_EQ(reader.take().client_address, "192.0.2.7");
}

TEST(mux_protocol, a_string_may_fill_the_limit_and_not_exceed_it) {
  for (std::size_t const size : {255U, 256U, 257U, 65535U}) {
    for (std::size_t const limit : {256U, 65535U}) {
      for (std::size_t before = 0; before < 4; ++before) {
        std::string input;
        for (std::size_t i = 0; i < 4; ++i) input += counted(i == before ? std::string(size, 'x') : "a");
        request_reader reader(limit);
        EXPECT_EQ(reader.feed(input), size <= limit ? progress::complete : progress::too_long) << size << " " << limit;
      }
    }
  }
}

TEST(mux_protocol, replies) {
  EXPECT_EQ(format_reply({true, ""}), std::string("\0\2OK", 4));
  EXPECT_EQ(format_reply({false, ""}), std::string("\0\2NO", 4));
  EXPECT_EQ(format_reply({false, "Incorrect password"}), std::string("\0\25NO Incorrect password", 23));
  EXPECT_EQ(format_reply({true, "remote authentication successful"}).substr(2), "OK remote authentication successful");
  EXPECT_EQ(format_too_long(), std::string("\0\3NO ", 5));
  EXPECT_EQ(format_reply({false, std::string(5000, 'x')}).size(), 2 + reply_octets_max);
}

TEST(mux_protocol, replies_are_read_back_wherever_they_are_cut) {
  for (reply const& said : {reply{true, ""}, reply{false, ""}, reply{false, "Incorrect password"}, reply{true, "x"}}) {
    auto const octets = format_reply(said);
    for (std::size_t cut = 0; cut < octets.size(); ++cut) {
      auto const part = parse_reply(std::string_view(octets).substr(0, cut));
      ASSERT_TRUE(part);
      EXPECT_FALSE(*part);
    }
    auto const whole = parse_reply(octets);
    ASSERT_TRUE(whole && *whole);
    EXPECT_EQ((*whole)->yes, said.yes);
    EXPECT_EQ((*whole)->text, said.text);
  }
  EXPECT_FALSE(parse_reply(std::string_view("\0\1O", 3)));
  EXPECT_FALSE(parse_reply(std::string_view("\0\0", 2)));
  EXPECT_FALSE(parse_reply(std::string_view("\0\4 OK!", 6)));
}

}  // namespace
}  // namespace postern::sasl::mux
