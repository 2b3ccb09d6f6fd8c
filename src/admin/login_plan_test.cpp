#include "admin/login_plan.hpp"

#include <gtest/gtest.h>

namespace postern::admin {
namespace {

struct row {
  char const* name;
  login_plan::store kind;
  path_facts facts;
  std::string want;
};

TEST(needed_path, has_the_remedy_that_fits) {
  using enum login_plan::store;
  std::string const make_it = "make it: saslpasswd2 -c";
  std::string const by_bits = "let postern read /etc/sasldb2";
  std::string const by_group = "chgrp sasl /etc/sasldb2 && chmod 660 /etc/sasldb2 && adduser postern sasl";
  for (auto const& [name, kind, facts, want] : {
           row{"a sasldb2 that is not there", sasldb, {.exists = false, .trouble = "none"}, make_it},
           row{"a sasldb2 that may not be read, in authd's own words",
               sasldb,
               {.exists = true, .trouble = "no", .remedy = by_bits},
               by_group},
           row{"a directory in the way",
               sasldb,
               {.exists = true, .trouble = "no", .remedy = "let postern enter /etc", .barrier = "/etc"},
               "let postern enter /etc"},
           row{"another file", accounts, {.exists = true, .trouble = "no", .remedy = by_bits}, by_bits},
       }) {
    login_plan::needed_path const one{
        .kind = kind, .path = "/etc/sasldb2", .what = "sasldb2", .remedy = make_it, .where = {}};
    EXPECT_EQ(one.find_remedy(facts, "postern"), want) << name;
  }
}

}  // namespace
}  // namespace postern::admin
