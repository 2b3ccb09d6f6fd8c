#include "milter/filter_session.hpp"

#include <gtest/gtest.h>

namespace postern::milter {
namespace {

using namespace std::string_literals;

std::string packet_of(char letter, std::string_view data = {}) {
  std::string out;
  append_packet(out, letter, data);
  return out;
}

std::string negotiation(std::uint32_t version, std::uint32_t actions, std::uint32_t steps, std::string_view more = {}) {
  std::string data;
  for (auto const value : {version, actions, steps}) append_u32(data, value);
  return packet_of('O', data + std::string(more));
}

std::optional<std::string> no_macros(std::string_view) { return std::nullopt; }

/// The letters of the packets in `octets`, macros left out.
std::string letters_of(std::string_view octets) {
  packet_reader reader(1U << 20U);
  reader.feed(octets);
  std::string out;
  while (auto const found = reader.next().value()) {
    if (found->letter != 'D') out += found->letter;
  }
  return out;
}

/// A session, and what the filter got.
struct conversation {
  filter_rules rules;
  std::optional<filter_session> session;
  std::string sent;
  std::vector<modification> wanted;

  explicit conversation(std::string_view negotiated = negotiation(6, may::everything, 0), filter_rules given = {})
      : rules(std::move(given)) {
    session.emplace(rules);
    session->begin();
    answer(negotiated);
  }
  void drain() { sent += std::exchange(session->output(), {}); }
  verdict answer(std::string_view octets) {
    drain();
    for (char const octet : octets) {
      session->feed({&octet, 1});
      while (auto one = session->next()) wanted.push_back(std::move(*one));
    }
    drain();
    return session->answer();
  }
  void connect() { session->connect({"[192.0.2.1]", address_family::ipv4, 25, "192.0.2.1"}, no_macros); }
  void mail() {
    std::string_view const words[] = {"<a@b>"};
    session->mail(words, no_macros);
  }
  void to_content() {
    connect();
    answer(packet_of('c'));
    session->helo("x", no_macros);
    answer(packet_of('c'));
    mail();
    answer(packet_of('c'));
    ASSERT_TRUE(session->begin_content());
  }
};

TEST(filter_session, speaks_in_order) {
  conversation with;
  with.to_content();
  with.session->header("Subject", " one\n two", no_macros);
  with.answer(packet_of('c'));
  with.session->end_of_headers(no_macros);
  with.answer(packet_of('c'));
  with.session->body("text\r\n", no_macros);
  with.answer(packet_of('c'));
  with.session->end_of_message(no_macros);
  with.answer(packet_of('h', "X-A\0b\0"s) + packet_of('p') + packet_of('c'));
  EXPECT_EQ(with.wanted.size(), 1U);
  EXPECT_EQ(with.session->answer(), verdict{});
  with.session->abort();
  with.session->quit();
  with.drain();
  EXPECT_EQ(letters_of(with.sent), "OCHMLNBEAQ");
  EXPECT_NE(with.sent.find("Subject\0one\n two\0"s), std::string::npos);
}

struct answer_case {
  std::string_view name;
  std::string answer;
  verdict want;
};

verdict refusal(int code, std::string enhanced, std::string text) {
  return {.what = verdict::kind::refuse, .reply = {code, std::move(enhanced), std::move(text)}};
}

TEST(filter_session, understands_each_answer) {
  answer_case const cases[] = {
      {"proceed", packet_of('c'), {}},
      {"accept", packet_of('a'), {}},
      {"skip means nothing here", packet_of('s'), {}},
      {"reject", packet_of('r'), refusal(550, "5.7.1", "Command rejected")},
      {"tempfail", packet_of('t'), refusal(451, "4.7.1", "Service unavailable - try again later")},
      {"discard", packet_of('d'), {.what = verdict::kind::discard}},
      {"shut down", packet_of('4'), refusal(421, "4.7.0", "Server closing connection")},
      {"reply", packet_of('y', "554 5.7.9 go\0"s), refusal(554, "5.7.9", "go")},
      {"bad reply", packet_of('y', "250 go\0"s),
       refusal(451, "4.3.5", "Server configuration problem - try again later")},
      {"quarantine", packet_of('q', "why\0"s) + packet_of('c'), {.hold = "why"}},
      {"quarantine, then reject",
       packet_of('q', "why\0"s) + packet_of('r'),
       {.what = verdict::kind::refuse, .reply = {550, "5.7.1", "Command rejected"}, .hold = "why"}},
      {"unknown", packet_of('z'), refusal(451, "4.7.1", "Service unavailable - try again later")},
      {"change too early", packet_of('h', "a\0b\0"s), refusal(451, "4.7.1", "Service unavailable - try again later")},
      {"too large", "\x7f\xff\xff\xff"s, refusal(451, "4.7.1", "Service unavailable - try again later")},
  };
  for (auto const& one : cases) {
    conversation with;
    with.connect();
    with.answer(packet_of('c'));
    with.mail();
    EXPECT_TRUE(with.session->waiting());
    EXPECT_EQ(with.answer(one.answer), one.want) << one.name;
    EXPECT_FALSE(with.session->waiting()) << one.name;
  }
}

TEST(filter_session, keeps_what_was_said_of_the_client) {
  conversation with;
  with.connect();
  EXPECT_EQ(with.answer(packet_of('r')).reply.code, 550);
  with.mail();
  EXPECT_FALSE(with.session->waiting());
  EXPECT_EQ(with.session->answer().reply.code, 550);
  EXPECT_TRUE(with.session->is_done());

  conversation accepted;
  accepted.connect();
  accepted.answer(packet_of('a'));
  accepted.mail();
  EXPECT_FALSE(accepted.session->waiting());
  EXPECT_FALSE(accepted.session->begin_content());
  EXPECT_EQ(accepted.session->answer(), verdict{});
}

TEST(filter_session, forgets_what_was_said_of_a_message) {
  conversation with;
  with.connect();
  with.answer(packet_of('c'));
  with.mail();
  EXPECT_EQ(with.answer(packet_of('d')).what, verdict::kind::discard);
  EXPECT_FALSE(with.session->begin_content());
  with.session->abort();
  with.mail();
  EXPECT_TRUE(with.session->waiting());
}

TEST(filter_session, fails_as_it_is_told) {
  struct row {
    failure_action action;
    verdict want;
  } const rows[] = {
      {failure_action::accept, {}},
      {failure_action::reject, refusal(550, "5.5.0", "Service unavailable")},
      {failure_action::temporary_failure, refusal(451, "4.7.1", "Service unavailable - try again later")},
      {failure_action::quarantine, {.hold = "milter triggers HOLD action"}},
  };
  for (auto const& one : rows) {
    filter_rules rules;
    rules.on_failure = one.action;
    conversation with(negotiation(6, may::everything, 0), rules);
    with.connect();
    with.session->on_failure("gone");
    EXPECT_EQ(with.session->answer(), one.want);
    with.mail();
    EXPECT_EQ(with.session->answer(), one.want);
    EXPECT_EQ(with.session->warnings().size(), 1U);
  }
}

TEST(filter_session, leaves_out_what_the_filter_can_do_without) {
  constexpr auto all_unwanted = step::no_connect | step::no_helo | step::no_mail | step::no_rcpt | step::no_body |
                                step::no_headers | step::no_end_of_headers | step::no_unknown | step::no_data;
  conversation with(negotiation(6, may::everything, all_unwanted));
  with.connect();
  with.session->helo("x", no_macros);
  with.mail();
  with.session->data(no_macros);
  with.session->begin_content();
  with.session->header("A", "b", no_macros);
  with.session->end_of_headers(no_macros);
  with.session->body("text", no_macros);
  EXPECT_FALSE(with.session->waiting());
  with.session->end_of_message(no_macros);
  with.answer(packet_of('c'));
  EXPECT_EQ(letters_of(with.sent), "OE");
}

TEST(filter_session, does_not_wait_where_no_answer_comes) {
  conversation with(negotiation(6, may::everything, 0xff000 | step::no_reply_header));
  with.connect();
  with.session->helo("x", no_macros);
  with.mail();
  with.session->begin_content();
  with.session->header("A", " b", no_macros);
  with.session->header("B", " b", no_macros);
  with.session->end_of_headers(no_macros);
  with.session->body("text", no_macros);
  EXPECT_FALSE(with.session->waiting());
  with.session->end_of_message(no_macros);
  with.answer(packet_of('c'));
  EXPECT_EQ(letters_of(with.sent), "OCHMLLNBE");
}

TEST(filter_session, knows_what_older_versions_lack) {
  filter_rules rules;
  rules.version = 2;
  rules.steps = step::version_2;
  conversation with(negotiation(2, may::everything, 0), rules);
  with.connect();
  with.answer(packet_of('c'));
  with.session->unknown("FOO", no_macros);
  with.session->data(no_macros);
  EXPECT_FALSE(with.session->waiting());
  EXPECT_EQ(letters_of(with.sent), "OC");
}

TEST(filter_session, skips_recipients_headers_and_body) {
  conversation with;
  with.to_content();
  std::string_view const words[] = {"<c@d>"};
  with.session->header("A", "b", no_macros);
  with.answer(packet_of('s'));
  EXPECT_FALSE(with.session->wants_header());
  with.session->end_of_headers(no_macros);
  with.answer(packet_of('c'));
  with.session->body("text", no_macros);
  with.answer(packet_of('s'));
  EXPECT_FALSE(with.session->wants_body());
  with.session->end_of_message(no_macros);
  with.answer(packet_of('c'));
  with.session->abort();
  with.mail();
  with.answer(packet_of('c'));
  with.session->rcpt(words, no_macros);
  with.answer(packet_of('s'));
  with.session->rcpt(words, no_macros);
  EXPECT_FALSE(with.session->waiting());
  with.session->begin_content();
  EXPECT_TRUE(with.session->wants_header());
  EXPECT_TRUE(with.session->wants_body());
}

TEST(filter_session, refuses_a_negotiation_that_cannot_be) {
  std::string const answers[] = {
      negotiation(7, may::everything, 0),
      negotiation(6, 0x1000, 0),
      packet_of('O', "\0\0\0\6"s),
      packet_of('c'),
      negotiation(6, may::everything, 0, "\0\0\0\1j"s),
      negotiation(6, may::everything, 0, "\0\0\0\x09j\0"s),
  };
  for (auto const& one : answers) {
    conversation with(one);
    EXPECT_TRUE(with.session->failed());
    EXPECT_EQ(with.session->answer().reply.code, 451);
  }
}

TEST(filter_session, sends_the_macros_that_were_asked_for) {
  filter_rules rules;
  rules.macros[static_cast<std::size_t>(macro_stage::connect)] = {"j", "{none}", "v"};
  rules.macros[static_cast<std::size_t>(macro_stage::mail)] = {"j"};
  auto const lists = "\0\0\0\2v {x}\0"s;
  conversation with(negotiation(6, may::everything, 0, lists), rules);
  auto values = [](std::string_view name) -> std::optional<std::string> {
    if (name == "{none}") return std::nullopt;
    return "<" + std::string(name) + ">";
  };
  with.session->connect({"h", address_family::ipv4, 25, "192.0.2.1"}, values);
  with.answer(packet_of('c'));
  std::string_view const words[] = {"<a@b>", "SIZE=1"};
  with.session->mail(words, values);
  with.answer(packet_of('c'));
  EXPECT_NE(with.sent.find(packet_of('D', "Cj\0<j>\0v\0<v>\0"s)), std::string::npos);
  EXPECT_NE(with.sent.find(packet_of('D', "Mv\0<v>\0{x}\0<{x}>\0"s)), std::string::npos);
  EXPECT_NE(with.sent.find(packet_of('M', "<a@b>\0SIZE=1\0"s)), std::string::npos);
}

}  // namespace
}  // namespace postern::milter
