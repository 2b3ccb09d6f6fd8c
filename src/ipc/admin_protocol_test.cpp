#include "ipc/admin_protocol.hpp"

#include <gtest/gtest.h>

namespace postern::ipc {
namespace {

queue_row sample_row() {
  queue_row row{"0123456789ABCDEF",
                queue_place::deferred,
                1234,
                1700000000,
                1700000300,
                3,
                "joe@example.com",
                "S1",
                "phone[192.0.2.7]",
                {}};
  row.recipients.push_back({"a@example.org", "4.4.1 connect to mx: refused", "smtp", "example.org"});
  row.recipients.push_back({"b@example.org", "", "smtp", "example.org"});
  return row;
}

TEST(admin_protocol, what_is_formatted_is_parsed) {
  admin_request request{queue_verb::hold, "ALL"};
  EXPECT_EQ(parse_admin_request(format_admin_request(request)).value(), request);
  EXPECT_EQ(parse_queue_row(format_queue_row(sample_row())).value(), sample_row());
  EXPECT_EQ(parse_admin_text(format_admin_text("Subject: x")).value(), "Subject: x");
  admin_done done{false, 7, "no such message"};
  EXPECT_EQ(parse_admin_done(format_admin_done(done)).value(), done);
}

TEST(admin_protocol, a_row_cut_anywhere_is_malformed) {
  auto whole = format_queue_row(sample_row());
  for (std::size_t length = 0; length < whole.body.size(); ++length) {
    message cut{whole.type, whole.body.substr(0, length), {}};
    EXPECT_FALSE(parse_queue_row(cut)) << length;
  }
}

TEST(admin_protocol, wrong_types_and_values_are_malformed) {
  EXPECT_FALSE(parse_admin_request(format_admin_text("list")));
  EXPECT_FALSE(parse_queue_row(format_admin_done({})));
  EXPECT_FALSE(parse_admin_done(format_admin_text("x")));
  auto request = format_admin_request({});
  request.body[0] = 8;
  EXPECT_FALSE(parse_admin_request(request));
  auto row = format_queue_row({});
  row.body[1] = 3;
  EXPECT_FALSE(parse_queue_row(row));
}

}  // namespace
}  // namespace postern::ipc
