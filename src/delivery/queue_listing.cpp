#include "delivery/queue_listing.hpp"

#include <ctime>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::delivery {
namespace {

constexpr std::size_t reason_width = 76;

wall_time from_unix(std::uint64_t seconds) { return wall_time(std::chrono::seconds(seconds)); }

std::string format_local(std::uint64_t unix_seconds, char const* format) {
  auto when = static_cast<std::time_t>(unix_seconds);
  std::tm broken_down{};
  ::localtime_r(&when, &broken_down);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &broken_down)};
}

std::string format_octets(std::uint64_t octets) {
  constexpr double kilo = 1024;
  auto size = static_cast<double>(octets);
  if (size < kilo) return fmt::format("{} B", octets);
  if (size < kilo * kilo) return fmt::format("{:.1f} KiB", size / kilo);
  return fmt::format("{:.1f} MiB", size / kilo / kilo);
}

std::string format_span(std::chrono::seconds span) {
  auto count = span.count();
  if (count < 120) return fmt::format("{} s", count);
  if (count < 7200) return fmt::format("{} min", count / 60);
  if (count < 172800) return fmt::format("{} h", count / 3600);
  return fmt::format("{} days", count / 86400);
}

std::string_view describe(ipc::queue_place place) {
  switch (place) {
    case ipc::queue_place::active:
      return "active";
    case ipc::queue_place::deferred:
      return "deferred";
    case ipc::queue_place::hold:
      return "on hold";
  }
  return "";
}

std::string format_sender(std::string const& sender) { return sender.empty() ? "MAILER-DAEMON" : printable(sender); }

std::string format_next_try(ipc::queue_row const& row, wall_time now) {
  if (row.place == ipc::queue_place::hold) return "waits for `postern queue release`";
  if (row.place == ipc::queue_place::active) return "is being delivered or about to be";
  if (row.next_retry_unix_s == 0) return "waits for its destination, which had trouble";
  auto left = std::chrono::duration_cast<std::chrono::seconds>(from_unix(row.next_retry_unix_s) - now);
  if (left.count() <= 0) return "next try now";
  return fmt::format("next try at {} (in {})", format_local(row.next_retry_unix_s, "%F %T"), format_span(left));
}

std::string format_recipient(ipc::queue_row::recipient const& to) {
  auto way = to.next_hop.empty() ? to.transport : to.transport + " " + to.next_hop;
  auto text = fmt::format("  to {} by {}\n", printable(to.address), printable(way));
  if (!to.reason.empty()) text += fmt::format("    last try: {}\n", printable(to.reason));
  return text;
}

}  // namespace

std::string format_mailq_header() {
  return "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------\n";
}

std::string format_mailq_row(ipc::queue_row const& row) {
  auto mark = row.place == ipc::queue_place::active ? "*" : row.place == ipc::queue_place::hold ? "!" : "";
  auto text = fmt::format("{:<17} {:>8} {:<19} {}\n", row.queue_id + mark, row.octets,
                          format_local(row.arrival_unix_s, "%a %b %e %T"), format_sender(row.sender));
  std::string_view last;
  for (auto const& to : row.recipients) {
    if (!to.reason.empty() && to.reason != last) {
      auto reason = printable(to.reason);
      // The status code in front is ours; mailq readers expect the sentence.
      if (auto space = reason.find(' '); space != std::string::npos && is_ascii_digit(reason.front())) {
        reason.erase(0, space + 1);
      }
      auto padding = reason.size() < reason_width ? reason_width - reason.size() : 0;
      text += fmt::format("{}({})\n", std::string(padding, ' '), reason);
    }
    last = to.reason;
    text += fmt::format("{:<17} {:>8} {:<19} {}\n", "", "", "", printable(to.address));
  }
  return text + "\n";
}

std::string format_mailq_footer(std::uint64_t messages, std::uint64_t octets) {
  if (messages == 0) return "Mail queue is empty\n";
  return fmt::format("-- {} Kbytes in {} Request{}.\n", octets / 1024, messages, messages == 1 ? "" : "s");
}

std::string format_listing_row(ipc::queue_row const& row, wall_time now) {
  auto text =
      fmt::format("{}  {}, {}, since {}, from {}; {}\n", row.queue_id, describe(row.place), format_octets(row.octets),
                  format_local(row.arrival_unix_s, "%F %T"), format_sender(row.sender), format_next_try(row, now));
  for (auto const& to : row.recipients) text += format_recipient(to);
  return text;
}

std::string format_details(ipc::queue_row const& row, wall_time now) {
  auto age = std::chrono::duration_cast<std::chrono::seconds>(now - from_unix(row.arrival_unix_s));
  std::string text;
  text += fmt::format("queue id:  {}\n", row.queue_id);
  text += fmt::format("state:     {}; {}\n", describe(row.place), format_next_try(row, now));
  text += fmt::format("arrived:   {} ({} ago)\n", format_local(row.arrival_unix_s, "%F %T"), format_span(age));
  text += fmt::format("size:      {} octets\n", row.octets);
  text += fmt::format("tries:     {}\n", row.attempts);
  text += fmt::format("sender:    {}\n", format_sender(row.sender));
  if (!row.client.empty()) text += fmt::format("client:    {}\n", printable(row.client));
  if (!row.session_id.empty()) text += fmt::format("session:   {}\n", printable(row.session_id));
  text += "recipients that are not done:\n";
  for (auto const& to : row.recipients) text += format_recipient(to);
  return text;
}

}  // namespace postern::delivery
