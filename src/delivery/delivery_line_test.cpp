#include "delivery/delivery_line.hpp"

#include <gtest/gtest.h>

namespace postern::delivery {
namespace {

using namespace std::chrono_literals;

TEST(format_delay, has_two_digits_that_count) {
  struct row {
    log_duration delay;
    char const* want;
  };
  row const rows[] = {{0us, "0"},     {-5ms, "0"},     {4ms, "0"},     {10ms, "0.01"},  {120ms, "0.12"},
                      {500ms, "0.5"}, {994ms, "0.99"}, {999ms, "1"},   {1200ms, "1.2"}, {9949ms, "9.9"},
                      {9960ms, "10"}, {14s, "14"},     {3600s, "3600"}};
  for (auto const& row : rows) EXPECT_EQ(format_delay(row.delay), row.want) << row.delay.count();
}

TEST(format_delivery_line, has_the_shape_that_scanners_know) {
  delivery_line line;
  line.queue_id = "0123456789ABCDEF";
  line.recipient = "joe@example.org";
  line.relay = "mx.example.org[192.0.2.1]:25";
  line.before_queue_manager = 100ms;
  line.connection_setup = 20ms;
  line.transmission = 1s;
  line.status = "2.0.0";
  line.word = "sent";
  line.text = "250 2.0.0 Ok";
  EXPECT_EQ(format_delivery_line(line),
            "0123456789ABCDEF: to=<joe@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=1.1, "
            "delays=0.1/0/0.02/1, dsn=2.0.0, status=sent (250 2.0.0 Ok)");
  line.original = "Joe@example.org";
  line.session_id = "S1";
  line.connection_use = 3;
  line.text = "a\r\nb";
  EXPECT_EQ(format_delivery_line(line),
            "0123456789ABCDEF: to=<joe@example.org>, orig_to=<Joe@example.org>, relay=mx.example.org[192.0.2.1]:25, "
            "conn_use=3, delay=1.1, delays=0.1/0/0.02/1, dsn=2.0.0, session=S1, status=sent (a??b)");
}

}  // namespace
}  // namespace postern::delivery
