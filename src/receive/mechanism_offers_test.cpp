#include "receive/mechanism_offers.hpp"

#include <gtest/gtest.h>

#include "sasl/security_options.hpp"

namespace postern::receive {
namespace {

using offers = std::vector<sasl::dovecot::mechanism_offer>;

struct mechanism_offers_test : testing::Test {
  static std::shared_ptr<service_settings const> make_settings(char const* filter) {
    auto made = std::make_shared<service_settings>();
    made->sasl_mechanism_filter = {filter};
    return made;
  }

  std::shared_ptr<service_settings const> settings = make_settings("static:all");
  offers offered{{"PLAIN", {"plaintext"}},
                 {"EXTERNAL", {}},
                 {"SCRAM-SHA-256-PLUS", {"mutual-auth", "channel-binding", "private"}}};
  mechanism_offers kept;
};

TEST_F(mechanism_offers_test, tells_apart_what_decide_mechanism_offer_tells_apart) {
  for (bool const bindings : {false, true}) {
    for (auto const* const user : {"", "joe"}) {
      for (bool const announced : {false, true}) {
        login_means const means{bindings, user};
        auto const want = decide_mechanism_offer(*settings, offered, means);
        auto const got = kept.find(settings, offered, 1, means, announced);
        EXPECT_EQ(got->before_tls, want.before_tls);
        EXPECT_EQ(got->after_tls, want.after_tls);
        EXPECT_EQ(got->announced, announced);
        EXPECT_EQ(got, kept.find(settings, offered, 1, means, announced)) << "decided twice";
      }
    }
  }
}

TEST_F(mechanism_offers_test, decides_anew_when_the_offer_or_the_settings_change) {
  EXPECT_EQ(kept.find(settings, offered, 1, {}, true)->after_tls, "PLAIN");
  EXPECT_EQ(kept.find(settings, {{"LOGIN", {"plaintext"}}}, 2, {}, true)->after_tls, "LOGIN");
  EXPECT_EQ(kept.find(make_settings("!LOGIN"), {{"LOGIN", {"plaintext"}}}, 2, {}, true)->after_tls, "");
  EXPECT_EQ(kept.find(settings, {{"LOGIN", {"plaintext"}}}, 2, {}, true)->after_tls, "LOGIN");
}

}  // namespace
}  // namespace postern::receive
