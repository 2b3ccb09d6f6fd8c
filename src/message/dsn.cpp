#include "message/dsn.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "message/address.hpp"

namespace postern::message {
namespace {

struct wording {
  std::string_view subject, description, action, first_paragraph;
};

wording wording_of(dsn_kind kind) {
  switch (kind) {
    case dsn_kind::failed:
      return {"Undelivered Mail Returned to Sender", "Delivery report", "failed",
              "Your message could not be delivered to the recipients below, and no more attempts are\r\n"
              "made. What you sent is attached."};
    case dsn_kind::delayed:
      return {"Delayed Mail (still being retried)", "Delayed message", "delayed",
              "Your message has not been delivered yet to the recipients below. This server keeps\r\n"
              "trying: you need not send it again."};
    case dsn_kind::delivered:
      return {"Successful Mail Delivery Report", "Delivery report", "delivered",
              "Your message was handed over for the recipients below, as you asked to be told."};
  }
  return {};
}

// Peers' text in a header-like field or in the body: one line, no control characters.
std::string one_line(std::string_view text) { return printable(text, 4'000); }

// "Name: value", folded before the word that would pass column 76. [RFC 5322 §2.1.1]
void append_folded(std::string& out, std::string_view name, std::string_view value) {
  constexpr std::size_t width = 76;
  out.append(name).append(":");
  auto column = name.size() + 1;
  for (auto const word : split_any(value, " ")) {
    bool const fold = column + 1 + word.size() > width && column > name.size() + 1;
    out += fold ? "\r\n    " : " ";
    column = fold ? 4 : column + 1;
    out += word;
    column += word.size();
  }
  out += "\r\n";
}

void append_header(std::string& out, dsn_request const& request) {
  auto const words = wording_of(request.kind);
  fmt::format_to(std::back_inserter(out),
                 "Date: {}\r\n"
                 "From: MAILER-DAEMON@{} (Mail Delivery System)\r\n"
                 "Subject: {}\r\n"
                 "To: {}\r\n"
                 "Message-Id: <{}@{}>\r\n"
                 "Auto-Submitted: auto-replied\r\n"
                 "MIME-Version: 1.0\r\n"
                 "Content-Type: multipart/report; report-type={}delivery-status;\r\n"
                 "\tboundary=\"{}\"\r\n",
                 request.date, request.host_name, words.subject, request.sender, request.notice_id, request.host_name,
                 request.smtputf8 ? "global-" : "", request.boundary);
  if (!is_ascii(request.original)) out += "Content-Transfer-Encoding: 8bit\r\n";
  out += "\r\nThis is a MIME-encapsulated message.\r\n";
}

void append_text_part(std::string& out, dsn_request const& request) {
  auto const words = wording_of(request.kind);
  fmt::format_to(std::back_inserter(out),
                 "\r\n--{}\r\n"
                 "Content-Description: Notification\r\n"
                 "Content-Type: text/plain; charset={}\r\n"
                 "\r\n"
                 "This is the mail system at host {}.\r\n"
                 "\r\n"
                 "{}\r\n",
                 request.boundary, request.smtputf8 ? "utf-8" : "us-ascii", request.host_name, words.first_paragraph);
  for (auto const& to : request.recipients) {
    out += "\r\n";
    append_folded(out, fmt::format("<{}>", one_line(to.address)), one_line(to.reason));
  }
  fmt::format_to(std::back_inserter(out),
                 "\r\nIf you need help, write to postmaster at {} and include this message.\r\n", request.host_name);
}

void append_recipient(std::string& out, dsn_request const& request, dsn_recipient const& to) {
  auto const type = request.smtputf8 && !is_ascii(to.address) ? "utf-8" : "rfc822";
  out += "\r\n";
  if (!to.original_recipient.empty()) {
    fmt::format_to(std::back_inserter(out), "Original-Recipient: {}\r\n", one_line(to.original_recipient));
  }
  fmt::format_to(std::back_inserter(out), "Final-Recipient: {}; {}\r\nAction: {}\r\nStatus: {}\r\n", type,
                 one_line(to.address), wording_of(request.kind).action, to.status.text());
  if (!to.remote_host.empty()) {
    fmt::format_to(std::back_inserter(out), "Remote-MTA: dns; {}\r\n", one_line(to.remote_host));
  }
  if (to.diagnostic.empty()) {
    append_folded(out, "Diagnostic-Code", "X-Postern; " + one_line(to.reason));
  } else {
    append_folded(out, "Diagnostic-Code", "smtp; " + one_line(to.diagnostic));
  }
  if (!to.last_attempt.empty()) fmt::format_to(std::back_inserter(out), "Last-Attempt-Date: {}\r\n", to.last_attempt);
  if (!to.will_retry_until.empty()) {
    fmt::format_to(std::back_inserter(out), "Will-Retry-Until: {}\r\n", to.will_retry_until);
  }
}

// [RFC 3464 §2]
void append_status_part(std::string& out, dsn_request const& request) {
  fmt::format_to(std::back_inserter(out),
                 "\r\n--{}\r\n"
                 "Content-Description: {}\r\n"
                 "Content-Type: message/{}delivery-status\r\n"
                 "\r\n",
                 request.boundary, wording_of(request.kind).description, request.smtputf8 ? "global-" : "");
  // The order of the fields is that of the RFC's grammar.
  if (!request.envelope_id.empty()) {
    fmt::format_to(std::back_inserter(out), "Original-Envelope-Id: {}\r\n",
                   one_line(decode_xtext(request.envelope_id)));
  }
  fmt::format_to(std::back_inserter(out),
                 "Reporting-MTA: dns; {}\r\n"
                 "X-Postern-Queue-ID: {}\r\n"
                 "X-Postern-Sender: rfc822; {}\r\n",
                 request.host_name, request.queue_id, one_line(request.sender));
  if (!request.arrival_date.empty()) {
    fmt::format_to(std::back_inserter(out), "Arrival-Date: {}\r\n", request.arrival_date);
  }
  for (auto const& to : request.recipients) append_recipient(out, request, to);
}

std::string_view original_type(dsn_request const& request) {
  if (request.smtputf8) return request.original_is_complete ? "message/global" : "message/global-headers";
  return request.original_is_complete ? "message/rfc822" : "text/rfc822-headers";
}

void append_original_part(std::string& out, dsn_request const& request) {
  fmt::format_to(std::back_inserter(out),
                 "\r\n--{}\r\n"
                 "Content-Description: {}\r\n"
                 "Content-Type: {}\r\n",
                 request.boundary, request.original_is_complete ? "Undelivered Message" : "Message Headers",
                 original_type(request));
  if (!is_ascii(request.original)) out += "Content-Transfer-Encoding: 8bit\r\n";
  out += "\r\n";
  out += request.original;
  if (!request.original.ends_with("\r\n")) out += "\r\n";
}

}  // namespace

std::string format_dsn(dsn_request const& request) {
  std::string out;
  out.reserve(4'096 + request.original.size());
  append_header(out, request);
  append_text_part(out, request);
  append_status_part(out, request);
  if (!request.original.empty()) append_original_part(out, request);
  fmt::format_to(std::back_inserter(out), "\r\n--{}--\r\n", request.boundary);
  return out;
}

std::string make_boundary(std::string_view seed, std::string_view original) {
  std::string clean;
  for (char const c : seed) clean += is_ascii_alnum(c) || c == '.' || c == '-' ? c : '_';
  if (clean.size() > 40) clean.resize(40);
  for (unsigned attempt = 0;; ++attempt) {
    auto boundary = fmt::format("{}.{}/postern", clean, attempt);
    if (original.find(boundary) == std::string_view::npos) return boundary;
  }
}

bool decide_notice(dsn_kind kind, std::uint8_t notify_bits, std::string_view reverse_path) {
  if (reverse_path.empty()) return false;
  auto const asked = [notify_bits](notify_on bit) { return (notify_bits & static_cast<std::uint8_t>(bit)) != 0; };
  bool const nothing_said = notify_bits == 0;
  switch (kind) {
    case dsn_kind::failed:
      return nothing_said || asked(notify_on::failure);
    case dsn_kind::delayed:
      return nothing_said || asked(notify_on::delay);
    case dsn_kind::delivered:
      return asked(notify_on::success);
  }
  return false;
}

}  // namespace postern::message
