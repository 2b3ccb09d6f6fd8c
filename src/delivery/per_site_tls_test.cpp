#include "delivery/per_site_tls.hpp"

#include <gtest/gtest.h>

namespace postern::delivery {
namespace {

config::settings settings_of(std::string const& per_site) {
  auto made = config::settings::load_text("smtp_tls_per_site = " + per_site + "\n", {});
  EXPECT_TRUE(made) << made.error().text;
  return *made;
}

auto find(per_site_tls const& sites, std::string_view next_hop, std::string_view host) {
  maps::answers none;
  return sites.find(next_hop, host, none);
}

TEST(per_site_tls, words) {
  EXPECT_EQ(parse_site_tls("NONE"), site_tls::none);
  EXPECT_EQ(parse_site_tls("may"), site_tls::may);
  EXPECT_EQ(parse_site_tls("MUST"), site_tls::verify);
  EXPECT_EQ(parse_site_tls(" Must_NoPeerMatch "), site_tls::encrypt);
  for (auto const* other : {"", "encrypt", "MUST_", "NONE MAY"}) EXPECT_FALSE(parse_site_tls(other)) << other;
}

TEST(per_site_tls, the_more_definite_word_wins) {
  struct row {
    char const* name;
    char const* next_hop;
    char const* host;
    std::optional<site_tls> want;
  };
  auto sites = per_site_tls::load(
      settings_of("inline:{ none.example=NONE, may.example=MAY, must.example=MUST, peer.example=MUST_NOPEERMATCH, "
                  "[port.example]:587=MUST }"));
  for (auto const& [name, next_hop, host, want] : {
           row{"not listed", "other.example", "mx.other.example", std::nullopt},
           row{"next hop", "must.example", "mx.other.example", site_tls::verify},
           row{"host", "other.example", "peer.example", site_tls::encrypt},
           row{"host in capitals", "other.example", "Peer.Example", site_tls::encrypt},
           row{"next hop with port, as written", "[port.example]:587", "port.example", site_tls::verify},
           row{"NONE over MAY", "may.example", "none.example", site_tls::none},
           row{"MAY does not undo NONE", "none.example", "may.example", site_tls::none},
           row{"MUST over NONE", "none.example", "must.example", site_tls::verify},
           row{"MUST over MUST_NOPEERMATCH", "must.example", "peer.example", site_tls::verify},
           row{"MUST_NOPEERMATCH over NONE", "peer.example", "none.example", site_tls::encrypt},
       }) {
    auto found = find(sites, next_hop, host);
    ASSERT_TRUE(found) << name << ": " << found.error().text;
    EXPECT_EQ(*found, want) << name;
  }
}

TEST(per_site_tls, may_alone_gives_way_to_what_holds_for_all) {
  for (auto common : {site_tls::none, site_tls::may, site_tls::encrypt, site_tls::verify}) {
    EXPECT_EQ(decide_site_tls(std::nullopt, common), common);
    EXPECT_EQ(decide_site_tls(site_tls::none, common), site_tls::none);
    EXPECT_EQ(decide_site_tls(site_tls::encrypt, common), site_tls::encrypt);
    EXPECT_EQ(decide_site_tls(site_tls::verify, common), site_tls::verify);
    EXPECT_EQ(decide_site_tls(site_tls::may, common), common == site_tls::none ? site_tls::may : common);
  }
}

TEST(per_site_tls, a_word_that_is_none_fails_and_names_the_place) {
  auto found = find(per_site_tls::load(settings_of("inline:{ odd.example=PERHAPS }")), "odd.example", "mx.example");
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().text.find("'PERHAPS' for odd.example"), std::string::npos) << found.error().text;
}

TEST(per_site_tls, a_table_that_is_not_there_is_left_out) {
  EXPECT_TRUE(per_site_tls::load(settings_of("hash:/nowhere/tls_per_site")).empty());
  auto sites = per_site_tls::load(settings_of("hash:/nowhere/tls_per_site, inline:{ a.example=MUST }"));
  auto found = find(sites, "a.example", "mx.a.example");
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, site_tls::verify);
}

TEST(per_site_tls, a_table_that_blocks_is_a_question) {
  auto const sites = per_site_tls::load(settings_of("tcp:127.0.0.1:1, inline:{ must.example=MUST }"));
  ASSERT_TRUE(sites.blocks());
  maps::answers known;
  for (auto const* key : {"must.example", "mx.example"}) {
    auto const pending = sites.find("must.example", "mx.example", known);
    ASSERT_FALSE(pending);
    EXPECT_EQ(pending.error().what, maps::lookup_trouble::pending);
    auto const wanted = known.take_wanted();
    ASSERT_TRUE(wanted);
    EXPECT_EQ(wanted->key, key);
    known.put(*wanted, std::nullopt);
  }
  EXPECT_EQ(sites.find("must.example", "mx.example", known).value(), site_tls::verify);
  maps::answers refused;
  refused.put({"tcp:127.0.0.1:1", "must.example"}, fail("nobody there"));
  auto const failed = sites.find("must.example", "mx.example", refused);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().what, maps::lookup_trouble::failed);
  EXPECT_EQ(failed.error().text, "smtp_tls_per_site: nobody there");
}

}  // namespace
}  // namespace postern::delivery
