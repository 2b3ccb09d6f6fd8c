// The end of the content, by DATA or by BDAT: what its faults are answered with, and what comes next.
#include <cstdlib>

#include <fmt/format.h>

#include "smtp/server_session.hpp"

namespace postern::smtp {

using namespace server_actions;

namespace {

reply describe_fault(body_fault fault, server_settings const& settings) {
  switch (fault) {
    case body_fault::too_large:
      return {552, "5.3.4", "Error: message file too big"};
    case body_fault::bare_line_feed:
      return {settings.bare_newline_reject_code, "5.5.2",
              fmt::format("{} Error: bare <LF> received", settings.host_name)};
    case body_fault::too_many_hops:
      return {554, "5.4.0", "Error: too many hops"};
    case body_fault::write_error:
      return {451, "4.3.0", "Error: queue file write error"};
    case body_fault::content_rejected:
      return {550, "5.7.1", "Error: message content rejected"};
    case body_fault::none:
      break;
  }
  std::abort();
}

}  // namespace

server_session::actions server_session::on_body_end(std::uint64_t size, body_fault fault) {
  bool const discarded = expecting_ == expecting::discarded_chunk;
  bool const chunk = expecting_ == expecting::bdat_content;
  demand(discarded || chunk || expecting_ == expecting::data_content);
  begin_event();
  expect(expecting::line);
  if (discarded) {
    if (chunk_last_) reset_transaction();
    complain(argument_);
    return end_event();
  }
  content_octets_ = size;
  if (fault != body_fault::none) {
    act(abort_message{});
    bool const more_chunks = chunk && !chunk_last_;
    if (more_chunks) {
      chunk_failed_ = true;
    } else {
      reset_transaction();
    }
    complain(describe_fault(fault, settings_));
  } else if (chunk && !chunk_last_) {
    say(fmt::format("250 2.0.0 Ok: {} bytes", chunk_octets_));
  } else {
    expect(expecting::commit);
    act(commit_message{});
  }
  return end_event();
}

}  // namespace postern::smtp
