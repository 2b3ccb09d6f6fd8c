// DATA and BDAT: between the session and the spool.
#include "receive/connection.hpp"
#include "receive/table_asker.hpp"

namespace postern::receive {
namespace {

constexpr auto segment_timeout = std::chrono::seconds(10);
smtp::reply const queue_away{451, "4.3.0", "Error: queue file write error"};

}  // namespace

void connection::forget_message() {
  intake_.reset();
  proxy_.reset();
  for_proxy_.reset();
  intake_trouble_.clear();
  content_refusal_.reset();
}

net::task<result<>> connection::open_message() {
  forget_message();
  if (!settings_->proxy.name.empty()) {
    co_await open_proxy();
    co_return result<>{};
  }
  auto segment = co_await parts_.spool.segment(segment_timeout);
  if (!segment) {
    intake_trouble_ = segment.error().text;
    co_return std::unexpected(segment.error());
  }
  intake_session session{&peer_, session_id_, &protocol_, tls_info_ ? &*tls_info_ : nullptr, actions_};
  session.has_filters = milters_ && !milters_->discards();
  session.scratch = parts_.scratch;
  intake_ = std::make_unique<message_intake>(*settings_, std::move(session), std::move(*segment), recipients_);
  if (is_local()) {
    log_.submitted(intake_->queue_id(), protocol_.envelope().from.reverse_path);
  } else {
    log_.accepted(intake_->queue_id(), protocol_.mechanism(), protocol_.user(), describe_origin());
  }
  if (auto begun = intake_->go_on(); !begun) intake_trouble_ = begun.error().text;
  co_await settle_intake();
  co_return result<>{};
}

// Tables that have to be waited for are asked until the message can go on.
net::task<> connection::settle_intake() {
  while (intake_) {
    auto wanted = intake_->take_wanted();
    if (!wanted) co_return;
    auto told = co_await ask_table(parts_.loop, parts_.lookups, *wanted);
    intake_->put(std::move(*wanted), std::move(told));
    if (auto gone_on = intake_->go_on(); !gone_on) intake_trouble_ = gone_on.error().text;
  }
}

// The next of the content, to the spool or to the filter that stands before it.
net::task<> connection::take_content(std::span<std::string_view const> pieces) {
  if (proxy_) co_await feed_proxy(pieces);
  if (!intake_) co_return;
  if (auto taken = intake_->append(pieces); !taken) intake_trouble_ = taken.error().text;
  co_await settle_intake();
}

net::task<connection::next_actions> connection::read_data() {
  if (!intake_) co_await open_message();
  data_reader_.reset(protocol_.rules_for_body());
  std::vector<std::string_view> pieces;
  for (;;) {
    pieces.clear();
    auto progress = data_reader_.feed(input_.view(), pieces);
    if (!data_reader_.facts().too_large) co_await take_content(pieces);
    input_.consume(progress.consumed);
    if (progress.ended) break;
    if (!co_await flush()) co_return std::nullopt;
    if (!co_await read_content()) co_return std::nullopt;
  }
  co_return co_await end_body(data_reader_.facts(), true);
}

net::task<connection::next_actions> connection::read_bdat(smtp::server_actions::begin_bdat chunk) {
  if (chunk.first && !chunk.discard) {
    if (!intake_) co_await open_message();
    bdat_reader_.reset(protocol_.rules_for_body());
  }
  bdat_reader_.begin_chunk(chunk.octets, chunk.last, chunk.discard);
  std::vector<std::string_view> pieces;
  for (;;) {
    pieces.clear();
    auto progress = bdat_reader_.feed(input_.view(), pieces);
    if (!bdat_reader_.facts().too_large) co_await take_content(pieces);
    input_.consume(progress.consumed);
    if (progress.chunk_ended) break;
    if (!co_await flush()) co_return std::nullopt;
    if (!co_await read_content()) co_return std::nullopt;
  }
  if (chunk.discard) co_return protocol_.on_body_end(bdat_reader_.facts().size);
  co_return co_await end_body(bdat_reader_.facts(), chunk.last);
}

net::task<connection::actions> connection::end_body(smtp::body_facts facts, bool whole) {
  auto fault = smtp::body_fault::none;
  if (facts.too_large)
    fault = smtp::body_fault::too_large;
  else if (facts.bare_line_feed && protocol_.rules_for_body().newline == smtp::bare_newline::reject)
    fault = smtp::body_fault::bare_line_feed;
  else if (!intake_trouble_.empty())
    fault = smtp::body_fault::write_error;
  if (whole && fault == smtp::body_fault::none) co_await judge_content(facts.size);
  if (whole && fault == smtp::body_fault::none && intake_) {
    if (auto ended = intake_->finish(); !ended) intake_trouble_ = ended.error().text;
    co_await settle_intake();
    if (intake_trouble_.empty() && !intake_->too_many_hops()) co_await filter_content();
    if (!intake_trouble_.empty())
      fault = smtp::body_fault::write_error;
    else if (intake_->too_many_hops())
      fault = smtp::body_fault::too_many_hops;
  }
  if (fault == smtp::body_fault::write_error)
    log_.not_queued(intake_ ? intake_->queue_id() : std::string_view(), intake_trouble_);
  co_return protocol_.on_body_end(facts.size, fault);
}

net::task<connection::actions> connection::answer_commit() {
  if (proxy_) co_return co_await answer_by_proxy();
  auto no = std::exchange(content_refusal_, std::nullopt);
  if (!no) no = intake_->refusal();
  if (!no) no = co_await refuse_header_from();
  if (no) {
    forget_message();
    co_return protocol_.on_message_refused(*no);
  }
  if (intake_->is_discarded()) {
    auto const id = intake_->queue_id();
    forget_message();
    co_return protocol_.on_message_committed(id);
  }
  auto committed = co_await intake_->commit(settings_->commit_timeout, sessions_.size() == 1);
  auto id = intake_->queue_id();
  if (!committed.done) {
    log_.not_queued(id, committed.why);
    forget_message();
    co_return protocol_.on_message_refused(queue_away);
  }
  std::string grounds;
  for (auto const& one : recipients_) {
    if (one.permit() != nullptr) grounds = one.permit()->grounds();
  }
  log_.queued(id, intake_->message_id(), grounds);
  parts_.spool.announce({committed.done->place.segment.value, committed.done->place.offset, committed.done->length});
  forget_message();
  co_return protocol_.on_message_committed(id);
}

}  // namespace postern::receive
