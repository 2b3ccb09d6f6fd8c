#include "delivery/account_notice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"
#include "base/time.hpp"

namespace postern::delivery {
namespace {

constexpr std::string_view letter =
    "The account {0} has sent an unusual amount or kind of mail:\r\n"
    "\r\n"
    "    {1}\r\n"
    "\r\n"
    "Its mail is accepted and waits in the queue of {2}; none of it leaves.\r\n"
    "\r\n"
    "If you are the user and did not send this mail, somebody else may know your\r\n"
    "password: change it, and tell the administrator. If you did, tell the\r\n"
    "administrator too: your mail leaves as soon as the account is released.\r\n"
    "\r\n"
    "For the administrator, on {2}:\r\n"
    "\r\n"
    "    postern queue list              what waits, and what it says\r\n"
    "    postern queue delete ID         removes a message\r\n"
    "    postern user passwd {0}         another password; sessions end\r\n"
    "    postern user unlock {0}         releases the account and what waits\r\n"
    "\r\n"
    "The limits are the parameters account_*; account_limit_exceptions names\r\n"
    "accounts without any.\r\n";

std::string with_domain(std::string const& name, queue_settings const& settings) {
  return name.find('@') == std::string::npos ? name + "@" + settings.host_name : name;
}

}  // namespace

composed_notice compose_account_notice(queue_settings const& settings, account_notice const& notice,
                                       recipient_classifier const& class_of, queue::queue_id id, wall_time now) {
  auto const account = printable(notice.account, 254);
  auto const date = format_mail_date(now);
  auto const text_id = queue::format_queue_id(id);
  composed_notice out;
  out.env.id = id;
  out.env.arrival = now;
  out.env.priority = queue::lane::system;
  std::vector<std::string> to{with_domain(settings.error_notice_recipient, settings)};
  // A login of somebody else's domain may be no address of the user's at all.
  auto user = with_domain(notice.account, settings);
  if (class_of(user) != policy::address_class::remote && !iequals(user, to[0])) to.push_back(std::move(user));
  for (auto const& address : to) {
    bool const local = class_of(address) == policy::address_class::local;
    out.env.recipients.push_back(
        {address, {}, 0, local ? queue::recipient_class::local : queue::recipient_class::remote});
  }
  out.content =
      fmt::format("Received: by {} ({})\r\n\tid {}; {}\r\n", settings.host_name, settings.mail_name, text_id, date);
  out.content += fmt::format("Date: {}\r\nFrom: MAILER-DAEMON@{} (Mail Delivery System)\r\n", date, settings.host_name);
  out.content += fmt::format("To: {}\r\nSubject: The mail of account {} is held\r\n", fmt::join(to, ",\r\n "), account);
  out.content +=
      fmt::format("Message-Id: <{}.account@{}>\r\nAuto-Submitted: auto-generated\r\n", text_id, settings.host_name);
  out.content += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n";
  out.content += "\r\n" + fmt::format(fmt::runtime(letter), account, printable(notice.reason, 500), settings.host_name);
  return out;
}

}  // namespace postern::delivery
