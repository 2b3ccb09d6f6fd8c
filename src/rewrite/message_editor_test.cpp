#include "rewrite/message_editor.hpp"

#include <gtest/gtest.h>

namespace postern::rewrite {
namespace {

config::settings settings_of(std::string const& main_cf) {
  return *config::settings::load_text("myhostname = mx.example\nmydestination = mx.example\n" + main_cf,
                                      {.main_cf_may_be_missing = true});
}

struct outcome {
  std::string content;
  std::string rejected;  // "550 5.7.1 text"
  std::string failure;
  policy::message_actions actions;
};

/// Edits `input`, given in pieces of `piece` octets; tables that block are answered from `answers`.
outcome edit(config::settings const& settings, std::string_view input, std::size_t piece,
             std::map<std::string, std::string> const& answers = {}) {
  auto const checks = *content_checks::load(settings, "");
  auto const addresses = *policy::address_resolver::load(settings, {});
  auto const rules = *address_rules::load(settings, addresses);
  editor_options options;
  options.checks = &checks;
  options.addresses = &rules;
  options.context = header_context::local;
  options.strict = strictness::load(settings);
  options.line_limit = 20;
  message_editor editor(options, {"ID", "unknown[127.0.0.1]", "a@c", "b@d", "ESMTP", "helo"});
  message::header_policy policy;
  policy.editor = &editor;
  message::header_filter filter(policy);
  outcome out;
  auto const answer_all = [&] {
    auto wanted = editor.take_wanted();
    if (!wanted) return false;
    auto const known = answers.find(wanted->key);
    maps::answer told = std::nullopt;
    if (known != answers.end()) told = known->second;
    editor.put(*wanted, told);
    return true;
  };
  std::string held;
  for (std::size_t at = 0; at < input.size(); at += piece) {
    held += input.substr(at, piece);
    do held.erase(0, filter.feed(held, out.content));
    while (answer_all());
    EXPECT_TRUE(held.empty());
  }
  while (!filter.finish(out.content)) EXPECT_TRUE(answer_all());
  while (!editor.finish(out.content)) EXPECT_TRUE(answer_all());
  if (auto const& no = editor.rejected()) out.rejected = std::to_string(no->code) + " " + no->status + " " + no->text;
  out.failure = editor.failure();
  out.actions = editor.actions();
  return out;
}

struct edit_case {
  std::string name, main_cf, input, want, rejected;
};

std::vector<edit_case> const cases{
    {"nothing to do", "", "Subject: a\r\n\r\nbody\r\n", "Subject: a\r\n\r\nbody\r\n", ""},
    {"replace", "header_checks = pcre:{{/^X-R: (.*)/ REPLACE X-S: $$1}}\n", "X-R: v\r\nTo: x@y.example\r\n\r\nb\r\n",
     "X-S: v\r\nTo: x@y.example\r\n\r\nb\r\n", ""},
    {"replace with a fold of its own", "header_checks = pcre:{{/^X-R: (.*)/ REPLACE X-S: $$1\\n more}}\n",
     "X-R: v\r\n\r\nb\r\n", "X-S: v\r\n more\r\n\r\nb\r\n", ""},
    {"folded fields are matched whole", "header_checks = pcre:{{/^X-R: one.*two/ REPLACE X-S: ok}}\n",
     "X-R: one\r\n two\r\n\r\nb\r\n", "X-S: ok\r\n\r\nb\r\n", ""},
    {"a line feed in a text folds", "header_checks = pcre:{{/^X-R: one(.)two/ REPLACE X-S: $${1}x}}\n",
     "X-R: one\r\n\ttwo\r\nX-R: onewtwo\r\n\r\n", "X-R: one\r\n\ttwo\r\nX-S: wx\r\n\r\n", ""},
    {"prepend", "header_checks = pcre:{{/^X-R: (.*)/ PREPEND X-P: $$1}}\n", "A: b\r\nX-R: v\r\n\r\n",
     "A: b\r\nX-P: v\r\nX-R: v\r\n\r\n", ""},
    {"ignore and strip", "header_checks = pcre:{{/^X-I/ IGNORE} {/^X-S/ STRIP why}}\n",
     "X-I: 1\r\n 2\r\nX-S: 1\r\nA: b\r\n\r\n", "A: b\r\n\r\n", ""},
    {"reject", "header_checks = pcre:{{/^X-R/ REJECT 5.7.9 no}}\n", "X-R: 1\r\n\r\n", "X-R: 1\r\n\r\n", "550 5.7.9 no"},
    {"reject for now", "header_checks = pcre:{{/^X-R/ REJECT 4.7.9 no}}\n", "X-R: 1\r\n\r\n", "X-R: 1\r\n\r\n",
     "451 4.7.9 no"},
    {"pass ends checks", "header_checks = pcre:{{/^X-P/ PASS} {/^X-R/ REJECT}}\nbody_checks = pcre:{{/x/ REJECT}}\n",
     "X-P: 1\r\nX-R: 1\r\n\r\nx\r\n", "X-P: 1\r\nX-R: 1\r\n\r\nx\r\n", ""},
    {"body", "body_checks = pcre:{{/^rep/ REPLACE new} {/^ign/ IGNORE} {/^pre/ PREPEND before}}\n",
     "A: b\r\n\r\nrep\r\nign\r\npre\r\nrest\r\n", "A: b\r\n\r\nnew\r\nbefore\r\npre\r\nrest\r\n", ""},
    {"body without its last line end", "body_checks = pcre:{{/^rep/ REPLACE new}}\n", "A: b\r\n\r\nrep",
     "A: b\r\n\r\nnew", ""},
    {"part headers", "header_checks =\nmime_header_checks = pcre:{{/^X-I/ IGNORE} {/name=.*exe/ REJECT exe}}\n",
     "Content-Type: multipart/mixed; boundary=b\r\nX-I: stays\r\n\r\n--b\r\nX-I: goes\r\nA: b\r\n\r\nt\r\n--b--\r\n",
     "Content-Type: multipart/mixed; boundary=b\r\nX-I: stays\r\n\r\n--b\r\nA: b\r\n\r\nt\r\n--b--\r\n", ""},
    {"a program in an attachment", "mime_header_checks = pcre:{{/name=.*exe/ REJECT exe}}\n",
     "Content-Type: multipart/mixed;\r\n boundary=\"b\"\r\n\r\n--b\r\nContent-Type: a/b;\r\n name=x.exe\r\n\r\nt\r\n",
     "Content-Type: multipart/mixed;\r\n boundary=\"b\"\r\n\r\n--b\r\nContent-Type: a/b;\r\n name=x.exe\r\n\r\nt\r\n",
     "550 5.7.1 exe"},
    {"nested headers", "header_checks =\nmime_header_checks =\nnested_header_checks = pcre:{{/^Subject/ IGNORE}}\n",
     "Subject: a\r\nContent-Type: message/rfc822\r\n\r\nSubject: b\r\nTo: c\r\n\r\nSubject: d\r\n",
     "Subject: a\r\nContent-Type: message/rfc822\r\n\r\nTo: c\r\n\r\nSubject: d\r\n", ""},
    {"addresses", "canonical_maps = inline:{a@c.example=z@c.example}\nmyorigin = mx.example\n",
     "From: A <a@c.example>\r\nTo: joe\r\nSubject: a@c.example\r\n\r\na@c.example\r\n",
     "From: A <z@c.example>\r\nTo: joe@mx.example\r\nSubject: a@c.example\r\n\r\na@c.example\r\n", ""},
    {"8-bit headers", "strict_7bit_headers = yes\n", "Subject: \xc3\xa4\r\n\r\n", "Subject: \xc3\xa4\r\n\r\n",
     "550 5.6.0 improper use of 8-bit data in message header"},
    {"8-bit body", "strict_8bitmime_body = yes\n", "A: b\r\n\r\n\xc3\xa4\r\n", "A: b\r\n\r\n\xc3\xa4\r\n",
     "550 5.6.0 improper use of 8-bit data in message body"},
    {"declared 8-bit body", "strict_8bitmime_body = yes\n", "Content-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa4\r\n",
     "Content-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa4\r\n", ""},
    {"encoded container", "strict_mime_encoding_domain = yes\n",
     "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n",
     "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n",
     "550 5.6.0 invalid message/* or multipart/* encoding domain"},
    {"longer than the body limit", "body_checks = pcre:{{/^rep/ REPLACE new}}\nbody_checks_size_limit = 8\n",
     "A: b\r\n\r\nrep\r\n12345678\r\nrep\r\n", "A: b\r\n\r\nnew\r\n12345678\r\nrep\r\n", ""},
};

TEST(message_editor, edits_alike_in_any_pieces) {
  for (auto const& one : cases) {
    auto const settings = settings_of(one.main_cf);
    for (std::size_t const piece : {1000, 1, 2, 3, 7}) {
      auto const got = edit(settings, one.input, piece);
      EXPECT_EQ(got.content, one.want) << one.name << ", " << piece;
      EXPECT_EQ(got.rejected, one.rejected) << one.name;
      EXPECT_EQ(got.failure, "") << one.name;
    }
  }
}

TEST(message_editor, actions_for_the_whole_message) {
  auto const settings = settings_of(
      "header_checks = pcre:{{/^X-H/ HOLD why} {/^X-F/ FILTER smtp:[127.0.0.1]:9} {/^X-R/ REDIRECT r@d.example} "
      "{/^X-B: (.*)/ BCC $$1} {/^X-D/ DISCARD}}\n");
  auto const got = edit(settings, "X-H: 1\r\nX-F: 1\r\nX-R: 1\r\nX-B: b@d\r\nX-B: b@d\r\nX-B: c@d\r\n\r\n", 5);
  EXPECT_EQ(got.actions.hold, "why");
  EXPECT_EQ(got.actions.filter, "smtp:[127.0.0.1]:9");
  EXPECT_EQ(got.actions.redirect, "r@d.example");
  EXPECT_EQ(got.actions.added_recipients, (std::vector<std::string>{"b@d", "c@d"}));
  EXPECT_FALSE(got.actions.discard);
  EXPECT_TRUE(edit(settings, "X-D: 1\r\n\r\n", 5).actions.discard);
}

TEST(message_editor, waits_for_tables_that_block) {
  auto const settings = settings_of(
      "myorigin = mx.example\nheader_checks = tcp:127.0.0.1:1\nbody_checks = tcp:127.0.0.1:1\nmime_header_checks =\n"
      "canonical_maps = tcp:127.0.0.1:1\n");
  std::map<std::string, std::string> const answers{{"X-A: 1", "REPLACE X-B: 2"},
                                                   {"a@c.example", "z@c.example"},
                                                   {"line", "REPLACE other"},
                                                   {"From: a@c.example", "PREPEND X-From: seen"}};
  for (std::size_t const piece : {1000, 1, 2, 3, 7}) {
    auto const got = edit(settings, "X-A: 1\r\nFrom: a@c.example\r\n\r\nline\r\nrest\r\n", piece, answers);
    EXPECT_EQ(got.content, "X-B: 2\r\nX-From: seen\r\nFrom: z@c.example\r\n\r\nother\r\nrest\r\n") << piece;
  }
}

/// The rule of a mail administrator who wanted his users' addresses out of Received:.
constexpr auto authors_rule =
    "header_checks = pcre:{{/^Received: from (.* \\([-._[:alnum:]]+ \\[[.[:digit:]]{7,15}\\]\\)).*"
    "\\(Authenticated sender: ([^)]+)\\).*by (mail\\.example\\.net) \\(([^)]+)\\) with (E?SMTPS?A?) id "
    "([A-F[:digit:]]+).*/ REPLACE Received: from [127.0.0.1] (localhost [127.0.0.1]) (Authenticated sender: $$2) with "
    "$$5 id $$6}}\n";

TEST(message_editor, the_rule_for_authenticated_senders_does_what_its_author_wanted) {
  constexpr auto want =
      "Received: from [127.0.0.1] (localhost [127.0.0.1]) (Authenticated sender: joe) with ESMTPSA id "
      "0123456789ABCDEF\r\n\r\n";
  auto const settings = settings_of(authors_rule);
  for (std::string const input :
       {"Received: from laptop (host.example [192.0.2.1]) (Authenticated sender: joe) by mail.example.net (Postern) "
        "with "
        "ESMTPSA id 0123456789ABCDEF for <x@y>; Mon, 3 Feb 2025 10:00:00 +0000\r\n\r\n",
        "Received: from laptop (host.example [192.0.2.1])\r\n\t(using TLSv1.3 with cipher X (256/256 bits)\r\n\t "
        "key-exchange "
        "X25519)\r\n\t(Authenticated sender: joe)\r\n\tby mail.example.net (Postern) with ESMTPSA id "
        "0123456789ABCDEF\r\n\tfor <x@y>; Mon, 3 Feb 2025 10:00:00 +0000\r\n\r\n"}) {
    EXPECT_EQ(edit(settings, input, 1000).content, want);
  }
}

}  // namespace
}  // namespace postern::rewrite
