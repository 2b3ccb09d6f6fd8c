#include "service/master/plan.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace postern::service::master {
namespace {

machine test_machine() {
  machine here;
  here.cores = 4;
  here.has_ipv6 = true;
  here.resolve = [](std::string const& name) -> result<std::vector<ip_address>> {
    if (name != "mail.example.com") return fail("host " + name + ": unknown");
    return std::vector{*ip_address::parse("192.0.2.1"), *ip_address::parse("2001:db8::1")};
  };
  return here;
}

result<plan> plan_of(std::string const& master_cf, std::string const& main_cf = "", machine here = test_machine()) {
  config::load_request request;
  request.private_dir = "/srv/p";
  request.tolerate_errors = true;
  auto settings = config::settings::load_text(main_cf, request);
  EXPECT_TRUE(settings) << settings.error().text;
  auto table = config::parse_master_cf(master_cf, "master.cf", *settings);
  return plan_services(*settings, table, here);
}

service_plan const* find(plan const& in, std::string_view key) {
  auto found = std::ranges::find(in.services, key, &service_plan::key);
  return found == in.services.end() ? nullptr : &*found;
}

std::vector<std::string> addresses(service_plan const& of) {
  std::vector<std::string> out;
  for (auto const& one : of.inet) out.push_back(one.text());
  return out;
}

using texts = std::vector<std::string>;

TEST(plan, leaves_dovecots_socket_to_it) {
  auto here = test_machine();
  here.is_anothers_socket = [](std::string const& path) { return path == "/q/private/auth"; };
  config::load_request request;
  request.tolerate_errors = true;
  auto settings = config::settings::load_text("queue_directory = /q\n", request);
  ASSERT_TRUE(settings);
  auto made = plan_services(*settings, config::parse_master_cf("", "master.cf", *settings), here);
  ASSERT_TRUE(made);
  ASSERT_NE(find(*made, "authd/unix"), nullptr);
  EXPECT_EQ(find(*made, "authd/unix")->unix_sockets, (texts{"private/accounts", "private/sasl"}));
  EXPECT_TRUE(std::ranges::any_of(made->notes, [](auto const& one) { return one.contains("/q/private/auth"); }));
  auto ours = plan_of("", "", here);
  ASSERT_TRUE(ours);
  EXPECT_TRUE(std::ranges::count(find(*ours, "authd/unix")->unix_sockets, "private/auth") == 1)
      << "a private directory";
}

TEST(plan, listens_where_interfaces_and_protocols_say) {
  struct row {
    char const* service;
    char const* main_cf;
    texts want;
  };
  for (auto const& [service, main_cf, want] : {
           row{"smtp", "", {"0.0.0.0:25", "[::]:25"}},
           row{"smtp", "inet_protocols = ipv4", {"0.0.0.0:25"}},
           row{"smtp", "inet_protocols = ipv6", {"[::]:25"}},
           row{"2525", "inet_interfaces = loopback-only", {"127.0.0.1:2525", "[::1]:2525"}},
           row{"2525",
               "inet_interfaces = 192.0.2.7, mail.example.com",
               {"192.0.2.7:2525", "192.0.2.1:2525", "[2001:db8::1]:2525"}},
           row{"127.0.0.1:2587", "", {"127.0.0.1:2587"}},
           row{"[::1]:2587", "", {"[::1]:2587"}},
           row{"mail.example.com:587", "inet_protocols = ipv4", {"192.0.2.1:587"}},
       }) {
    auto got = plan_of(std::string(service) + " inet n - n - - smtpd\n", main_cf);
    ASSERT_TRUE(got) << service << got.error().text;
    EXPECT_EQ(want, addresses(got->services[0])) << service;
  }
}

TEST(plan, does_without_ipv6_where_there_is_none) {
  auto here = test_machine();
  here.has_ipv6 = false;
  EXPECT_EQ(texts{"0.0.0.0:25"}, addresses(plan_of("smtp inet n - n - - smtpd\n", "", here)->services[0]));
  EXPECT_FALSE(plan_of("smtp inet n - n - - smtpd\n", "inet_protocols = ipv6", here));
}

TEST(plan, runs_as_many_processes_as_cores_and_maxproc_allow) {
  EXPECT_EQ(4U, plan_of("25 inet n - n - - smtpd\n")->services[0].processes);
  EXPECT_EQ(2U, plan_of("25 inet n - n - 2 smtpd\n")->services[0].processes);
  EXPECT_EQ(4U, plan_of("25 inet n - n - 0 smtpd\n")->services[0].processes);
  EXPECT_EQ(1U, find(*plan_of("25 inet n - n - - smtpd\n"), "authd/unix")->processes);
}

TEST(plan, adds_the_services_that_master_cf_does_not_name) {
  auto got = plan_of("25 inet n - n - - smtpd\n");
  ASSERT_TRUE(got);
  for (auto const* key : {"authd/unix", "qmgr/unix", "smtp/unix", "local/unix"}) {
    ASSERT_NE(nullptr, find(*got, key)) << key;
    EXPECT_FALSE(find(*got, key)->on_demand);
  }
  EXPECT_EQ((texts{"private/qmgr", "private/verify", "public/qmgr-admin"}), find(*got, "qmgr/unix")->unix_sockets);
  EXPECT_EQ(nullptr, find(*got, "masterd/unix"));
}

TEST(plan, takes_postfix_names_for_ours_and_leaves_folded_ones_idle) {
  auto got = plan_of(
      "smtp inet n - y - - smtpd\npickup unix n - y 60 1 pickup\ncleanup unix n - y - 0 cleanup\n"
      "qmgr unix n - n 300 1 qmgr\ntlsmgr unix - - y 1000? 1 tlsmgr\nsmtp unix - - y - - smtp\n"
      "relay unix - - y - - smtp\n  -o syslog_name=postfix/$service_name\nlocal unix - n n - - local\n");
  ASSERT_TRUE(got) << got.error().text;
  ASSERT_NE(nullptr, find(*got, "pickup/unix"));
  EXPECT_EQ(texts{"submit/pickup"}, find(*got, "pickup/unix")->unix_sockets);
  EXPECT_EQ("smtpd", find(*got, "pickup/unix")->program);
  EXPECT_TRUE(find(*got, "pickup/unix")->on_demand);
  EXPECT_TRUE(find(*got, "pickup/unix")->is_front_end()) << "needs qmgr until it has ended";
  EXPECT_EQ(nullptr, find(*got, "cleanup/unix"));
  EXPECT_EQ(2U, got->notes.size());
  EXPECT_EQ((texts{"private/qmgr", "private/verify", "public/qmgr-admin"}), find(*got, "qmgr/unix")->unix_sockets);
  EXPECT_EQ(texts{"private/smtp"}, find(*got, "smtp/unix")->unix_sockets);
  ASSERT_NE(nullptr, find(*got, "relay/unix"));
  EXPECT_EQ(texts{"private/relay"}, find(*got, "relay/unix")->unix_sockets);
  EXPECT_TRUE(find(*got, "relay/unix")->on_demand) << "nobody may ever use it";
  EXPECT_EQ(1U, find(*got, "relay/unix")->overrides.size());
}

TEST(plan, refuses_unknown_hosts) {
  EXPECT_FALSE(plan_of("nowhere.example:25 inet n - n - - smtpd\n"));
  EXPECT_FALSE(plan_of("25 inet n - n - - smtpd\n", "inet_interfaces = nowhere.example"));
}

}  // namespace
}  // namespace postern::service::master
