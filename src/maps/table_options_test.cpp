#include "maps/table_options.hpp"

#include <gtest/gtest.h>

#include "maps/ldap_options.hpp"
#include "maps/sql_options.hpp"

namespace postern::maps {
namespace {

template <class Result>
std::string trouble_of(Result const& from) {
  return from ? "" : from.error().text;
}

TEST(table_options, file) {
  auto const from = table_options::parse("# x\nquery = SELECT '$x'\n  AND more\nempty =\nquery2=b\n", "f.cf").value();
  EXPECT_EQ(from.find("query")->text.reveal(), "SELECT '$x' AND more");
  EXPECT_EQ(from.find("query")->line, 2U);
  EXPECT_TRUE(from.find("empty")->text.empty());
  EXPECT_EQ(from.find("none"), nullptr);
  EXPECT_EQ(from.complain("query2", "is wrong").error().text, "f.cf:5: query2: is wrong");
  EXPECT_EQ(from.complain("none", "missing").error().text, "f.cf: none: missing");
  EXPECT_EQ(trouble_of(table_options::parse("a = b\nnonsense\n", "f.cf")).substr(0, 7), "f.cf:2:");
  auto const lost = trouble_of(table_options::load("mysql", "/nonexistent/x.cf"));
  EXPECT_TRUE(lost.starts_with("mysql:/nonexistent/x.cf: cannot open")) << lost;
}

TEST(table_options, main_cf) {
  auto const settings =
      config::settings::load_text("myhostname = h.example\nusers_query = x $myhostname '%s'\nother = 1\n", {}).value();
  auto const from = table_options::from_main_cf(settings, "users");
  EXPECT_EQ(from.find("query")->text.reveal(), "x h.example '%s'");
  EXPECT_EQ(from.values().size(), 1U);
  EXPECT_EQ(from.complain("query", "is wrong").error().text, "main.cf:2: users_query: is wrong");
}

TEST(sql_options, keys) {
  auto const parse = [](std::string_view engine, std::string_view text) {
    return parse_sql_options(engine, table_options::parse(text, "f").value());
  };
  auto const old = parse("mysql",
                         "hosts = unix:/run/m inet:db1 db2:3307 [2001:db8::1]:3308\ndbname = d\nselect_field = a\n"
                         "table = t\nwhere_field = b\nadditional_conditions = AND c = 1\ntls_verify_cert = yes\n")
                       .value();
  EXPECT_EQ(old.query, "SELECT a FROM t WHERE b = '%s' AND c = 1");
  ASSERT_EQ(old.endpoints.size(), 4U);
  EXPECT_EQ(old.endpoints[0], (sql::endpoint{"/run/m", ""}));
  EXPECT_EQ(old.endpoints[1], (sql::endpoint{"db1", ""}));
  EXPECT_EQ(old.endpoints[2], (sql::endpoint{"db2", "3307"}));
  EXPECT_EQ(old.endpoints[3], (sql::endpoint{"2001:db8::1", "3308"}));
  EXPECT_TRUE(old.account.tls_with.verify);
  EXPECT_EQ(old.account.options_group, "client");
  EXPECT_EQ(parse("pgsql", "dbname = d\nselect_function = f\n")->query, "SELECT f('%s')");
  EXPECT_EQ(parse("pgsql", "hosts = postgresql://u:p@h/d\nquery = q\n")->endpoints[0].host, "postgresql://u:p@h/d");
  struct {
    std::string_view engine, text, want;
  } const rows[] = {
      {"mysql", "dbname = d\n", "f: query: missing; write query = SELECT … WHERE … = '%s'"},
      {"mysql", "query = q\n", "f: dbname: missing; it names the database"},
      {"mysql", "dbname = d\ntable = t\n", "f: select_field: missing; better write query = SELECT … WHERE … = '%s'"},
      {"mysql", "dbname = d\nquery = q\nhosts = h:x\n",
       "f:3: hosts: \"h:x\" is neither host, host:port nor unix:/path"},
      {"mysql", "dbname = d\nquery = q\nexpansion_limit = x\n",
       "f:3: expansion_limit: \"x\" is no number from 0 to 1000000000"},
      {"mysql", "dbname = d\nquery = q\nrequire_result_set = maybe\n",
       "f:3: require_result_set: \"maybe\" is neither yes nor no"},
      {"sqlite", "query = q\n", "f: dbpath: this is the file, from / on"},
      {"sqlite", "query = q\ndbpath = x.db\n", "f:2: dbpath: this is the file, from / on"},
  };
  for (auto const& one : rows) EXPECT_EQ(trouble_of(parse(one.engine, one.text)), one.want);
}

TEST(ldap_options, keys) {
  auto const parse = [](std::string_view text) {
    return parse_ldap_table_options(table_options::parse(text, "f").value());
  };
  auto const usual = parse("search_base = o=x\n").value();
  EXPECT_EQ(usual.server.servers, "ldap://localhost:389/");
  EXPECT_TRUE(usual.binds);
  EXPECT_EQ(usual.all_attributes(), std::vector<std::string>{"maildrop"});
  auto const full = parse(
                        "search_base = o=x\nserver_host = h1 h2:1389 ldaps://h3\nserver_port = 7\nbind = sasl\n"
                        "bind_dn = me\nscope = one\nresult_attribute = a, b\nspecial_result_attribute = m\n"
                        "leaf_result_attribute = l\nterminal_result_attribute = t\nexpansion_limit = 4\n"
                        "result_filter = <%s>\n")
                        .value();
  EXPECT_EQ(full.server.servers, "ldap://h1:7/ ldap://h2:1389/ ldaps://h3");
  EXPECT_TRUE(full.server.use_sasl);
  EXPECT_EQ(full.identity.id, "me");
  EXPECT_EQ(full.scope, 1);
  EXPECT_EQ(full.server.size_limit, 4);
  EXPECT_EQ(full.all_attributes(), (std::vector<std::string>{"t", "l", "a", "b", "m"}));
  EXPECT_EQ(full.result_format.expand(address_parts("k"), address_parts("v")), "<v>");
  struct {
    std::string_view text, want;
  } const rows[] = {
      {"", "f: search_base: missing; search_base = dc=example,dc=org"},
      {"search_base = x\nscope = all\n", "f:2: scope: \"all\" is none of base, one, sub"},
      {"search_base = x\nquery_filter = (a=%x)\n",
       "f:2: query_filter: % stands before none of sudSUD123456789 and %: write %% for the character itself"},
      {"search_base = x\nstart_tls = yes\nserver_host = ldaps://h\n",
       "f:2: start_tls: ldaps: has TLS from the first octet on; leave start_tls out"},
      {"search_base = x\nserver_host = http://h\n", "f:2: server_host: \"http://h\" is neither a host nor a URI"},
  };
  for (auto const& one : rows) EXPECT_EQ(trouble_of(parse(one.text)), one.want);
}

}  // namespace
}  // namespace postern::maps
