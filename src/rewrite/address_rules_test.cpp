#include "rewrite/address_rules.hpp"

#include <gtest/gtest.h>

namespace postern::rewrite {
namespace {

struct scene {
  config::settings settings;
  policy::address_resolver addresses;
  address_rules rules;
  maps::answers known;

  explicit scene(std::string const& main_cf)
      : settings(*config::settings::load_text("myhostname = mx.example\nmydestination = mx.example\n" + main_cf,
                                              {.main_cf_may_be_missing = true})),
        addresses(*policy::address_resolver::load(settings, {})),
        rules(*address_rules::load(settings, addresses)) {}

  std::string rewrite(std::string_view address, address_use use) {
    auto got = rewrite_address(rules, rules.mapping.local, address, use, known);
    return got ? *got : "failed: " + got.error().text;
  }
  /// "from -> to(original) to(original)", or the reply.
  std::string envelope(std::string_view sender, std::vector<std::string> const& recipients,
                       policy::message_actions const& actions = {}) {
    std::vector<envelope_recipient> to;
    for (auto const& one : recipients) to.push_back({one, {}, {}, 0, {}});
    auto got = rewrite_envelope(rules, sender, to, actions, known);
    if (!got) return got.error().status + " " + got.error().text;
    std::string out = got->sender + " ->";
    for (auto const& one : got->recipients) {
      out += " " + one.address + (one.original.empty() ? "" : "(" + one.original + ")");
    }
    return out;
  }
};

TEST(address_rules, completes) {
  struct completion {
    std::string_view input, want;
  };
  scene here("append_dot_mydomain = yes\nmydomain = example\nmyorigin = mx.example\n");
  for (auto const& one : {completion{"joe", "joe@mx.example"}, completion{"joe@host", "joe@host.example"},
                          completion{"joe@a.b.", "joe@a.b"}, completion{"joe%a.b", "joe@a.b"},
                          completion{"a.b!joe", "joe@a.b"}, completion{"joe@[192.0.2.1]", "joe@[192.0.2.1]"},
                          completion{"", ""}, completion{"\"a b\"", "\"a b\"@mx.example"}}) {
    EXPECT_EQ(here.rules.mapping.local.complete(one.input), one.want) << one.input;
  }
}

TEST(address_rules, canonical_maps_go_on_until_nothing_changes) {
  scene here(
      "canonical_maps = inline:{ a@c.example=b@c.example, b@c.example=c@c.example, @dom.example=@dom2.example, "
      "joe=jim@c.example, ext@c.example=new@c.example }\nrecipient_delimiter = +\n");
  EXPECT_EQ(here.rewrite("a@c.example", address_use::envelope_sender), "c@c.example");
  EXPECT_EQ(here.rewrite("x@dom.example", address_use::header_recipient), "x@dom2.example");
  EXPECT_EQ(here.rewrite("joe@mx.example", address_use::header_sender), "jim@c.example");
  EXPECT_EQ(here.rewrite("ext+foo@c.example", address_use::envelope_recipient), "new+foo@c.example");
  EXPECT_EQ(here.rewrite("joe@other.example", address_use::header_sender), "joe@other.example");
}

TEST(address_rules, classes) {
  scene here(
      "sender_canonical_maps = inline:{ a@c.example=s@c.example }\n"
      "recipient_canonical_maps = inline:{ a@c.example=r@c.example }\n"
      "sender_canonical_classes = header_sender\n");
  EXPECT_EQ(here.rewrite("a@c.example", address_use::envelope_sender), "a@c.example");
  EXPECT_EQ(here.rewrite("a@c.example", address_use::header_sender), "s@c.example");
  EXPECT_EQ(here.rewrite("a@c.example", address_use::envelope_recipient), "r@c.example");
}

TEST(address_rules, masquerade) {
  scene here("masquerade_domains = !keep.a.example, a.example\nmasquerade_exceptions = root\n");
  EXPECT_EQ(here.rewrite("joe@sub.a.example", address_use::header_sender), "joe@a.example");
  EXPECT_EQ(here.rewrite("root@sub.a.example", address_use::header_sender), "root@sub.a.example");
  EXPECT_EQ(here.rewrite("joe@x.keep.a.example", address_use::header_sender), "joe@x.keep.a.example");
  EXPECT_EQ(here.rewrite("joe@ba.example", address_use::header_sender), "joe@ba.example");
  EXPECT_EQ(here.rewrite("joe@sub.a.example", address_use::envelope_recipient), "joe@sub.a.example");
}

constexpr auto aliases =
    "recipient_delimiter = +\nvirtual_alias_expansion_limit = 2\n"
    "virtual_alias_maps = inline:{ { v@mx.example = v1@d.example, v2@d.example }, loop@mx.example=loop2@mx.example, "
    "loop2@mx.example=loop@mx.example, { self@mx.example = self@mx.example, o@d.example }, "
    "nest@mx.example=v@mx.example, ext@mx.example=ext@d.example, "
    "{ big@mx.example = a1@d.example a2@d.example a3@d.example }, @vdom.example=catch@d.example }\n";

TEST(address_rules, virtual_aliases) {
  struct alias_case {
    std::string to, want;
  };
  scene here(aliases);
  for (auto const& one :
       {alias_case{"v@mx.example", "a@c.example -> v1@d.example(v@mx.example) v2@d.example(v@mx.example)"},
        alias_case{"loop@mx.example", "4.6.0 Alias expansion error"},
        alias_case{"self@mx.example", "a@c.example -> self@mx.example o@d.example(self@mx.example)"},
        alias_case{"nest@mx.example", "a@c.example -> v1@d.example(nest@mx.example) v2@d.example(nest@mx.example)"},
        alias_case{"ext+foo@mx.example", "a@c.example -> ext+foo@d.example(ext+foo@mx.example)"},
        alias_case{"big@mx.example", "4.6.0 Alias expansion error"},
        alias_case{"any@vdom.example", "a@c.example -> catch@d.example(any@vdom.example)"},
        alias_case{"other@d.example", "a@c.example -> other@d.example"}}) {
    EXPECT_EQ(here.envelope("a@c.example", {one.to}), one.want) << one.to;
  }
}

TEST(address_rules, duplicates) {
  scene keeping(aliases);
  EXPECT_EQ(keeping.envelope("a@c.example", {"v@mx.example", "v1@d.example", "v1@d.example"}),
            "a@c.example -> v1@d.example(v@mx.example) v2@d.example(v@mx.example) v1@d.example");
  scene forgetting(std::string(aliases) + "enable_original_recipient = no\n");
  EXPECT_EQ(forgetting.envelope("a@c.example", {"v@mx.example", "v1@d.example"}),
            "a@c.example -> v1@d.example v2@d.example");
}

TEST(address_rules, hidden_copies) {
  scene here(
      "always_bcc = arch@d.example\nsender_bcc_maps = inline:{ a@c.example=sb@d.example }\n"
      "recipient_bcc_maps = inline:{ b@d.example=rb@d.example }\n");
  EXPECT_EQ(here.envelope("a@c.example", {"b@d.example"}),
            "a@c.example -> b@d.example arch@d.example sb@d.example rb@d.example");
  scene none(
      "always_bcc = arch@d.example\nreceive_override_options = no_address_mappings\n"
      "virtual_alias_maps = inline:{ b@d.example=x@d.example }\n");
  EXPECT_EQ(none.envelope("a@c.example", {"b@d.example"}), "a@c.example -> b@d.example");
}

TEST(address_rules, actions) {
  scene here("always_bcc = arch@d.example\n");
  policy::message_actions actions;
  actions.added_recipients = {"x@d.example"};
  EXPECT_EQ(here.envelope("a@c.example", {"b@d.example"}, actions),
            "a@c.example -> b@d.example arch@d.example x@d.example");
  actions.redirect = "red@d.example";
  EXPECT_EQ(here.envelope("a@c.example", {"b@d.example", "c@d.example"}, actions),
            "a@c.example -> red@d.example(b@d.example)");
}

TEST(address_rules, a_table_that_must_be_waited_for_is_asked_again) {
  scene here("virtual_alias_maps = tcp:127.0.0.1:1\n");
  std::vector<envelope_recipient> to{{"b@d.example", {}, {}, 0, {}}};
  for (int asked = 0; asked < 10; ++asked) {
    auto got = rewrite_envelope(here.rules, "a@c.example", to, {}, here.known);
    if (got) {
      EXPECT_EQ(got->recipients.front().address, "z@d.example");
      EXPECT_GE(asked, 2);
      return;
    }
    ASSERT_EQ(got.error().lookup.what, maps::lookup_trouble::pending);
    auto wanted = here.known.take_wanted();
    ASSERT_TRUE(wanted.has_value());
    maps::answer told = std::nullopt;
    if (wanted->key == "b@d.example") told = "z@d.example";
    here.known.put(*wanted, told);
  }
  FAIL() << "it never came to an end";
}

TEST(address_rules, a_table_that_fails_is_451) {
  scene here("canonical_maps = tcp:127.0.0.1:1\n");
  here.known.put({"tcp:127.0.0.1:1", "a@c.example"}, fail("no route"));
  EXPECT_EQ(here.envelope("a@c.example", {"b@d.example"}), "4.3.0 Error: queue file write error");
}

}  // namespace
}  // namespace postern::rewrite
