#include "delivery/notice.hpp"

#include <fmt/format.h>

#include "message/dsn.hpp"
#include "message/status.hpp"

namespace postern::delivery {
namespace {

message::dsn_kind to_dsn_kind(queue::notice_kind kind) {
  switch (kind) {
    case queue::notice_kind::failure:
      return message::dsn_kind::failed;
    case queue::notice_kind::delay:
      return message::dsn_kind::delayed;
    case queue::notice_kind::success:
      return message::dsn_kind::delivered;
  }
  return message::dsn_kind::failed;
}

char class_digit(queue::notice_kind kind) {
  return kind == queue::notice_kind::failure ? '5' : kind == queue::notice_kind::delay ? '4' : '2';
}

message::dsn_recipient to_dsn_recipient(notice_source const& source, queue::recipient_progress const& told,
                                        std::string const& retry_until) {
  auto const& recipient = source.original.env.recipients.at(told.index);
  auto reason = parse_reason(told.reason, class_digit(source.request.kind));
  message::dsn_recipient out;
  out.address = recipient.address;
  out.original_recipient = recipient.orcpt;
  out.status = message::parse_enhanced_status(reason.status).value_or(message::enhanced_status{});
  out.reason = std::move(reason.text);
  out.remote_host = std::move(reason.remote_host);
  out.diagnostic = std::move(reason.diagnostic);
  if (source.request.kind == queue::notice_kind::delay) out.will_retry_until = retry_until;
  return out;
}

}  // namespace

std::string_view describe_notice(queue::notice_kind kind) {
  switch (kind) {
    case queue::notice_kind::failure:
      return "sender non-delivery notification";
    case queue::notice_kind::delay:
      return "sender delay notification";
    case queue::notice_kind::success:
      return "sender delivery status notification";
  }
  return "notification";
}

parsed_reason parse_reason(std::string_view reason, char fallback_class) {
  parsed_reason out;
  auto rest = reason;
  auto status = message::take_enhanced_status(rest);
  out.status = status ? status->text() : std::string(1, fallback_class) + ".0.0";
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  // What expired after temporary failures is a permanent failure now. [RFC 3463 §2]
  if (fallback_class == '5' && out.status.starts_with('4')) out.status.front() = '5';
  out.text = rest;
  constexpr std::string_view host = "host ";
  constexpr std::string_view said = " said: ";
  constexpr std::string_view reply_to = " (in reply to ";
  auto begin = rest.find(said);
  if (!rest.starts_with(host) || begin == std::string_view::npos) return out;
  auto peer = rest.substr(host.size(), begin - host.size());
  out.remote_host = peer.substr(0, peer.find('['));
  auto diagnostic = rest.substr(begin + said.size());
  out.diagnostic = diagnostic.substr(0, diagnostic.rfind(reply_to));
  return out;
}

bool decide_return_whole(queue::notice_kind kind, queue::stored_message const& original, std::size_t size_limit) {
  if (kind != queue::notice_kind::failure) return false;
  if (original.env.ret == queue::return_content::headers) return false;
  return original.content_size <= size_limit;
}

composed_notice compose_notice(queue_settings const& settings, notice_source const& source, queue::queue_id id,
                               queue::recipient_class recipient_class, wall_time now) {
  auto const& original = source.original.env;
  auto text_id = queue::format_queue_id(id);
  auto date = format_mail_date(now);
  auto retry_until =
      format_mail_date(queue::decide_expiry(settings.manager.retry, original.arrival, original.sender.empty()));
  message::dsn_request request;
  request.kind = to_dsn_kind(source.request.kind);
  request.host_name = settings.host_name;
  request.mail_name = settings.mail_name;
  request.sender = original.sender;
  request.queue_id = queue::format_queue_id(original.id);
  request.notice_id = text_id;
  request.arrival_date = format_mail_date(original.arrival);
  request.date = date;
  request.envelope_id = original.envid;
  request.boundary = message::make_boundary(text_id, source.original_text);
  request.smtputf8 = original.smtputf8;
  for (auto const& told : source.request.recipients) {
    if (told.index < original.recipients.size()) {
      request.recipients.push_back(to_dsn_recipient(source, told, retry_until));
    }
  }
  request.original = source.original_text;
  request.original_is_complete = source.whole;
  composed_notice out;
  out.content =
      fmt::format("Received: by {} ({})\r\n\tid {}; {}\r\n", settings.host_name, settings.mail_name, text_id, date);
  out.content += message::format_dsn(request);
  out.env.id = id;
  out.env.arrival = now;
  out.env.body = original.body;
  out.env.smtputf8 = original.smtputf8;
  out.env.priority = queue::lane::system;
  out.env.session.session_id = original.session.session_id;
  out.env.recipients.push_back({original.sender, {}, 0, recipient_class});
  return out;
}

}  // namespace postern::delivery
