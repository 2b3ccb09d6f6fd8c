#include "delivery/route.hpp"

#include <gtest/gtest.h>

namespace postern::delivery {
namespace {

router make_router(std::string const& main_cf) {
  auto settings = config::settings::load_text(
      "myhostname = mail.example.com\nmydestination = $myhostname, example.com\ninet_interfaces = 192.0.2.25\n"
      "relay_domains = customer.example\n" +
          main_cf,
      {});
  EXPECT_TRUE(settings) << settings.error().text;
  auto made = router::load(*settings);
  EXPECT_TRUE(made) << made.error().text;
  return std::move(*made);
}

struct row {
  char const* recipient;
  char const* transport;
  char const* next_hop;
};

void expect_routes(router const& routes, std::span<row const> rows) {
  for (auto const& row : rows) {
    auto got = routes.decide_route(row.recipient);
    EXPECT_EQ(got.transport, row.transport) << row.recipient;
    EXPECT_EQ(got.nexthop, row.next_hop) << row.recipient;
  }
}

TEST(route, by_class_of_the_domain) {
  row const rows[] = {
      {"joe@example.com", "local", "mail.example.com"},
      {"joe@MAIL.example.com", "local", "mail.example.com"},
      {"joe", "local", "mail.example.com"},
      {"joe@[192.0.2.25]", "local", "mail.example.com"},
      {"joe@customer.example", "relay", "customer.example"},
      {"joe@Elsewhere.Example", "smtp", "elsewhere.example"},
      {"joe@[198.51.100.1]", "smtp", "[198.51.100.1]"},
      {"joe@bad..domain", "error", "5.1.3 bad address syntax"},
  };
  expect_routes(make_router("local_transport = local:$myhostname\n"), rows);
}

TEST(route, who_has_moved_is_told_of) {
  row const rows[] = {
      {"gone@example.com", "error", "5.1.6 User has moved to new@place.example"},
      {"gone+ext@example.com", "error", "5.1.6 User has moved to new@place.example"},
      {"left@elsewhere.example", "error", "5.1.6 User has moved to x@y.example"},
      {"any@moved.example", "error", "5.1.6 User has moved to the other side of town"},
      {"joe@elsewhere.example", "smtp", "elsewhere.example"},
  };
  expect_routes(make_router("recipient_delimiter = +\nrelocated_maps = inline:{gone=new@place.example, "
                            "left@elsewhere.example=x@y.example, {@moved.example=the other side of town}}\n"),
                rows);
  row const waits[] = {{"joe@example.com", "retry", "4.3.0 relocated_maps lookup failure"}};
  expect_routes(make_router("relocated_maps = hash:/nowhere/moved\n"), waits);
  expect_routes(make_router("relocated_maps = fail:moved\n"), waits);
  row const not_asked[] = {{"joe@elsewhere.example", "smtp", "elsewhere.example"}};
  expect_routes(make_router("relocated_maps = tcp:127.0.0.1:9\n"), not_asked);
}

TEST(route, the_class_of_acceptance_counts_where_a_table_blocks) {
  using queue::recipient_class;
  auto const routes =
      make_router("virtual_mailbox_domains = tcp:127.0.0.1:9\nvirtual_transport = smtp:[boxes.example]\n");
  EXPECT_EQ(routes.decide_route("joe@a.example", recipient_class::virtual_mailbox).nexthop, "[boxes.example]");
  EXPECT_EQ(routes.decide_route("joe@a.example", recipient_class::remote).nexthop, "a.example");
  EXPECT_EQ(routes.decide_route("joe@a.example", recipient_class::relay).transport, "relay");
  EXPECT_EQ(routes.decide_route("joe@example.com", recipient_class::remote).transport, "local");
  auto const listed = make_router("");
  EXPECT_EQ(listed.decide_route("joe@a.example", recipient_class::local).transport, "smtp")
      << "lists that say no count";
}

TEST(route, relayhost_takes_all_that_is_not_local) {
  row const rows[] = {{"joe@example.com", "local", "mail.example.com"},
                      {"joe@customer.example", "relay", "[hub.example]:587"},
                      {"joe@elsewhere.example", "smtp", "[hub.example]:587"}};
  expect_routes(make_router("relayhost = [Hub.example]:587\n"), rows);
}

TEST(route, a_transport_with_a_next_hop_wins_over_relayhost) {
  row const rows[] = {{"joe@elsewhere.example", "smtp", "[gate.example]"},
                      {"joe@customer.example", "relay", "[inner.example]:2525"}};
  expect_routes(make_router("relayhost = [hub.example]\ndefault_transport = smtp:[gate.example]\n"
                            "relay_transport = relay:[inner.example]:2525\n"),
                rows);
}

TEST(route, error_transport_keeps_its_words) {
  row const rows[] = {{"joe@elsewhere.example", "error", "5.1.2 mail goes nowhere from here"}};
  expect_routes(make_router("default_transport = error:5.1.2 mail goes nowhere from here\n"), rows);
}

TEST(route, mail_that_cannot_be_returned_ends_here) {
  auto const routes = make_router("double_bounce_sender = nobody-home\n");
  row const rows[] = {
      {"nobody-home@example.com", "discard", "undeliverable postmaster notification discarded"},
      {"Nobody-Home@example.com", "discard", "undeliverable postmaster notification discarded"},
      {"nobody-home+x@example.com", "local", "mail.example.com"},
      {"nobody-home@elsewhere.example", "smtp", "elsewhere.example"},
  };
  expect_routes(routes, rows);
}

TEST(route, of_probes) {
  auto settings = config::settings::load_text(
      "myhostname = mail.example.com\nmydestination = example.com\nrelay_domains = customer.example\n"
      "relayhost = [hop.example]\naddress_verify_relayhost =\naddress_verify_local_transport = error:5.1.1 nobody\n"
      "address_verify_relay_transport = smtp:[inside.example]\n",
      {});
  ASSERT_TRUE(settings) << settings.error().text;
  auto const routes = router::load_for_probes(*settings);
  ASSERT_TRUE(routes) << routes.error().text;
  row const rows[] = {
      {"joe@example.com", "error", "5.1.1 nobody"},
      {"joe@customer.example", "smtp", "[inside.example]"},
      {"joe@elsewhere.example", "smtp", "elsewhere.example"},
  };
  expect_routes(*routes, rows);
}

}  // namespace
}  // namespace postern::delivery
