// MAIL, RCPT, DATA and BDAT: between the session, policy and the spool.
#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "message/address.hpp"
#include "message/received.hpp"
#include "receive/connection.hpp"
#include "receive/table_asker.hpp"

namespace postern::receive {
namespace {

constexpr auto segment_timeout = std::chrono::seconds(10);
smtp::reply const queue_away{451, "4.3.0", "Error: queue file write error"};

}  // namespace

policy::client_facts connection::client_facts() const {
  // Whoever is anonymous may not do more than anybody.
  bool const is_known = protocol_.mechanism() != "ANONYMOUS";
  return {peer_.address,
          peer_.name,
          protocol_.helo_name(),
          protocol_.envelope().from.reverse_path,
          is_known ? protocol_.user() : std::string(),
          protocol_.tls_active()};
}

smtp::verdict connection::refused(char const* command, policy::refusal const& why, std::string_view recipient) {
  auto word = message::format_with_protocol(protocol_.extended(), protocol_.envelope().from.smtputf8, false, false);
  log_.rejected(intake_ ? intake_->queue_id() : std::string_view(), command, why,
                protocol_.envelope().from.reverse_path, recipient, word, protocol_.helo_name(), protocol_.user());
  return smtp::verdict::refuse({why.code, why.enhanced, why.text});
}

connection::actions connection::answer_sender() {
  recipients_.clear();
  return protocol_.on_sender_verdict(smtp::verdict::accept());
}

net::task<connection::actions> connection::answer_recipient(std::string forward_path, bool verify_only) {
  if (auto why = co_await anvil_.on_recipient(protocol_.user())) {
    co_return protocol_.on_recipient_verdict(smtp::verdict::refuse(std::move(*why)));
  }
  auto decision = settings_->gate.decide_recipient(client_facts(), forward_path);
  if (!decision)
    co_return protocol_.on_recipient_verdict(refused(verify_only ? "VRFY" : "RCPT", decision.error(), forward_path));
  if (auto unknown = co_await check_local_user(*decision)) {
    co_return protocol_.on_recipient_verdict(refused(verify_only ? "VRFY" : "RCPT", *unknown, forward_path));
  }
  if (!verify_only) recipients_.push_back(std::move(*decision));
  co_return protocol_.on_recipient_verdict(smtp::verdict::accept());
}

// The names under which a local recipient may have an account, most exact first; `local` asks for the same ones.
std::vector<std::string> connection::account_names(policy::accepted_recipient const& recipient) const {
  auto parts = message::split_address(recipient.address());
  auto user = lowercase(parts.local_part);
  std::vector<std::string> out{user + "@" + parts.domain, user};
  auto delimiter = user.find_first_of(settings_->recipient_delimiter);
  if (!settings_->recipient_delimiter.empty() && delimiter != std::string::npos && delimiter > 0) {
    out.push_back(user.substr(0, delimiter) + "@" + parts.domain);
    out.push_back(user.substr(0, delimiter));
  }
  return out;
}

net::task<std::optional<policy::refusal>> connection::check_local_user(policy::accepted_recipient const& recipient) {
  if (recipient.klass() != policy::address_class::local || !settings_->check_local_recipients ||
      parts_.users == nullptr) {
    co_return std::nullopt;
  }
  auto address = recipient.address();
  for (auto const& name : account_names(recipient)) {
    if (name == "postmaster") co_return std::nullopt;  // [RFC 5321 §4.5.1]
    auto found = co_await parts_.users->find_user(name, "lmtp");
    if (found == user_existence::exists) co_return std::nullopt;
    if (found == user_existence::unavailable) {
      co_return policy::refusal{451, "4.3.0", fmt::format("<{}>: Temporary lookup failure", address),
                                "local_recipient_maps", "authd could not be asked whether the user exists"};
    }
  }
  int code = settings_->unknown_user_code;
  auto text = fmt::format("<{}>: Recipient address rejected: User unknown{}", address,
                          settings_->name_recipient_table ? " in local recipient table" : "");
  co_return policy::refusal{code, code < 500 ? "4.1.1" : "5.1.1", std::move(text), "local_recipient_maps",
                            "no account and no system user has this name"};
}

connection::actions connection::answer_data() {
  if (auto why = settings_->gate.decide_data(client_facts()))
    return protocol_.on_data_verdict(refused("DATA", *why, {}));
  return protocol_.on_data_verdict(smtp::verdict::accept());
}

void connection::forget_message() {
  intake_.reset();
  intake_trouble_.clear();
}

net::task<result<>> connection::open_message() {
  forget_message();
  auto segment = co_await parts_.spool.segment(segment_timeout);
  if (!segment) {
    intake_trouble_ = segment.error().text;
    co_return std::unexpected(segment.error());
  }
  intake_session session{&peer_, session_id_, &protocol_, tls_info_ ? &*tls_info_ : nullptr};
  intake_.emplace(*settings_, std::move(session), std::move(*segment), recipients_);
  log_.accepted(intake_->queue_id(), protocol_.mechanism(), protocol_.user());
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

net::task<connection::next_actions> connection::read_data() {
  co_await open_message();
  data_reader_.reset(protocol_.rules_for_body());
  std::vector<std::string_view> pieces;
  for (;;) {
    pieces.clear();
    auto progress = data_reader_.feed(input_.view(), pieces);
    if (intake_ && !data_reader_.facts().too_large) {
      if (auto taken = intake_->append(pieces); !taken) intake_trouble_ = taken.error().text;
      co_await settle_intake();
    }
    input_.consume(progress.consumed);
    if (progress.ended) break;
    if (!co_await flush()) co_return std::nullopt;
    if (!co_await read_content()) co_return std::nullopt;
  }
  co_return co_await end_body(data_reader_.facts(), true);
}

net::task<connection::next_actions> connection::read_bdat(smtp::server_actions::begin_bdat chunk) {
  if (chunk.first && !chunk.discard) {
    co_await open_message();
    bdat_reader_.reset(protocol_.rules_for_body());
  }
  bdat_reader_.begin_chunk(chunk.octets, chunk.last, chunk.discard);
  std::vector<std::string_view> pieces;
  for (;;) {
    pieces.clear();
    auto progress = bdat_reader_.feed(input_.view(), pieces);
    if (intake_ && !bdat_reader_.facts().too_large) {
      if (auto taken = intake_->append(pieces); !taken) intake_trouble_ = taken.error().text;
      co_await settle_intake();
    }
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
  if (whole && fault == smtp::body_fault::none) {
    if (auto ended = intake_->finish(); !ended) intake_trouble_ = ended.error().text;
    co_await settle_intake();
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
  if (auto const no = intake_->refusal()) {
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
