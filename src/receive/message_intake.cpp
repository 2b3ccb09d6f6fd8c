#include "receive/message_intake.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "message/address.hpp"
#include "message/received.hpp"
#include "receive/received_field.hpp"

namespace postern::receive {

message_intake::message_intake(service_settings const& settings, intake_session session,
                               std::shared_ptr<open_segment> segment,
                               std::vector<policy::accepted_recipient> recipients)
    : settings_(settings),
      session_(std::move(session)),
      segment_(std::move(segment)),
      recipients_(std::move(recipients)),
      asked_for_(session_.actions),
      id_(segment_->next_id()),
      id_text_(queue::format_queue_id(id_)),
      date_(format_mail_date(std::chrono::system_clock::now())) {
  if (!session_.has_filters) return;
  auto const& milters = settings_.milters;
  filtering_.emplace(session_.scratch, milters.header_octets_max, milters.memory_octets);
  if (milters.header_checks.any()) filtering_->check_headers(milters.header_checks, make_origin());
}

rewrite::message_origin message_intake::make_origin() const {
  rewrite::message_origin out;
  out.queue_id = id_text_;
  out.client = session_.client->name + "[" + session_.client->address.text() + "]";
  out.sender = session_.protocol->envelope().from.reverse_path;
  if (!recipients_.empty()) out.recipient = recipients_.back().address();
  out.protocol = message::format_with_protocol(session_.protocol->extended(),
                                               session_.protocol->envelope().from.smtputf8, false, false);
  out.helo = session_.protocol->helo_name();
  return out;
}

// Once the envelope is known: which fields are added, who looks at the content.
void message_intake::choose_editing() {
  auto const& content = settings_.content;
  auto const client = find_client_kind(settings_, *session_.client, *session_.protocol, recipients_);
  anonymous_ = content.privacy.any() && content.anonymous_clients.has(client);
  rewrite::editor_options options;
  if (content.checks.any()) options.checks = &content.checks;
  bool const local_user = session_.client->local_user.has_value();
  if (local_user || content.local_clients.has(client)) {
    options.context = rewrite::header_context::local;
  } else if (content.addresses.rewrites_strangers) {
    options.context = rewrite::header_context::remote;
  }
  options.addresses = &content.addresses;
  if (anonymous_) options.privacy = content.privacy;
  options.sender_domain = message::domain_of(envelope_.sender);
  if (options.sender_domain.empty()) options.sender_domain = settings_.protocol.host_name;
  options.strict = content.strict;
  options.header_field_limit = content.header_field_limit;
  options.line_limit = content.line_limit;
  bool const adds_missing = content.add_missing_headers || client.logged_in || client.in_mynetworks ||
                            options.context != rewrite::header_context::none;
  if (adds_missing) options.undisclosed_recipients = content.undisclosed_recipients;
  edits_ = options.checks != nullptr || options.context != rewrite::header_context::none || anonymous_ ||
           !options.undisclosed_recipients.empty() || envelope_.sender.empty() || content.strict.any();

  message::header_policy policy;
  policy.header_field_limit = content.header_field_limit;
  policy.drop = &content.dropped_headers;
  policy.add_missing = adds_missing;
  new_message_id_ = "<" + id_text_ + "." + session_.session_id + "@" + settings_.protocol.host_name + ">";
  policy.date = date_;
  policy.message_id = new_message_id_;
  policy.from = envelope_.sender;
  editor_.emplace(std::move(options), make_origin());
  if (edits_) policy.editor = &*editor_;
  filter_.reset(policy);
}

// Where content goes that has been looked at: to the spool, or to the mail filters first.
void message_intake::emit(std::string_view text) {
  if (!filtering_) return builder_->append(text);
  auto const header = text.substr(0, static_cast<std::size_t>(filter_.body_offset() - header_held_));
  header_held_ += header.size();
  filtering_->append_header(header);
  filtering_->append_body(text.substr(header.size()));
}

bool message_intake::add_own_fields() {
  while (!own_fields_.empty()) {
    filtered_.clear();
    if (!editor_->add_field(own_fields_.front(), filtered_)) return false;
    own_octets_ += filtered_.size();
    // Filters see what access tables prepend, and not our own Received:, which comes last.
    if (filtering_) {
      filtering_->append_own_header(filtered_, own_fields_.size() == 1);
    } else {
      builder_->append(filtered_);
    }
    own_fields_.erase(own_fields_.begin());
  }
  return true;
}

bool message_intake::feed_held() {
  filtered_.clear();
  held_.erase(0, filter_.feed(held_, filtered_));
  emit(filtered_);
  return held_.empty();
}

bool message_intake::end_content() {
  filtered_.clear();
  bool const ended = filter_.finish(filtered_) && (!edits_ || editor_->finish(filtered_));
  emit(filtered_);
  return ended;
}

// What the content asked for may change where the message goes.
bool message_intake::settle_actions() {
  asked_for_.merge(editor_->actions());
  bool const filtered = filtering_ && !filtering_->envelope().empty();
  bool const moves = filtered || asked_for_.redirect || !asked_for_.added_recipients.empty();
  if (moves && !refusal_ && !rewrite_envelope(asked_for_)) return false;
  if (filtered && envelope_.recipients.empty()) asked_for_.discard = true;
  if (moves || filtered || asked_for_.hold != written_hold_ || decide_filter() != written_filter_) {
    builder_->replace_envelope(make_envelope());
  }
  settle_refusal();
  if (anonymous_) log_privacy();
  return true;
}

// What is refused already need not be looked at.
bool message_intake::wants_filters() const noexcept {
  return filtering_ && !refusal_ && !editor_->rejected() && editor_->failure().empty() && !is_discarded();
}

std::uint64_t message_intake::size() const noexcept {
  if (filtering_ && phase_ < phase::last_envelope) return header_held_ + filtering_->body().size();
  return builder_ ? builder_->content_size() : 0;
}

result<bool> message_intake::release_filtered() {
  constexpr std::size_t step = 1U << 20U;
  if (filtered_header_ == 0) {
    auto const header = filtering_->header_text() + "\r\n";
    filtered_header_ = header.size();
    builder_->append(header);
  }
  auto const part = filtering_->body().read(released_, step);
  if (!part) return std::unexpected(part.error());
  released_ += part->size();
  builder_->append(*part);
  if (auto spilled = spill(); !spilled) return std::unexpected(spilled.error());
  if (released_ < filtering_->body().size()) return false;
  filtering_->body().clear();
  phase_ = phase::last_envelope;
  return true;
}

void message_intake::settle_refusal() {
  if (refusal_) return;
  if (!editor_->failure().empty()) {
    log::warning("{}: {} -- message not accepted, try again later", id_text_, editor_->failure());
    refusal_ = smtp::reply{451, "4.3.0", "Error: queue file write error"};
  } else if (auto const& rejected = editor_->rejected()) {
    refusal_ = smtp::reply{rejected->code, rejected->status, rejected->text};
  }
}

result<> message_intake::go_on() {
  for (;;) {
    auto const before = phase_;
    switch (phase_) {
      case phase::envelope:
        if (!rewrite_envelope(asked_for_)) return {};
        choose_editing();
        builder_.emplace(make_envelope());
        written_hold_ = asked_for_.hold;
        written_filter_ = decide_filter();
        for (auto const& field : asked_for_.prepended_headers) own_fields_.push_back(rewrite::split_field(field));
        own_fields_.push_back(make_received());
        phase_ = phase::own_fields;
        break;
      case phase::own_fields:
        if (add_own_fields()) phase_ = phase::content;
        break;
      case phase::content:
        feed_held();
        break;
      case phase::end:
        if (feed_held() && end_content()) phase_ = phase::last_envelope;
        if (phase_ == phase::last_envelope && wants_filters()) {
          filtering_->end_header();
          phase_ = phase::filters;
        }
        break;
      case phase::filters:
        break;
      case phase::last_envelope:
        if (settle_actions()) phase_ = phase::done;
        break;
      case phase::done:
        break;
    }
    if (builder_) {
      if (auto spilled = spill(); !spilled) return spilled;
    }
    if (phase_ == before) return {};
  }
}

std::optional<maps::question> message_intake::take_wanted() {
  if (auto wanted = known_.take_wanted()) return wanted;
  return editor_ ? editor_->take_wanted() : std::nullopt;
}

void message_intake::put(maps::question asked, maps::answer told) {
  bool const about_envelope = phase_ == phase::envelope || phase_ == phase::last_envelope;
  if (about_envelope) {
    known_.put(std::move(asked), std::move(told));
  } else {
    editor_->put(std::move(asked), std::move(told));
  }
}

std::string message_intake::make_received() const {
  auto const only = recipients_.size() == 1 ? std::string_view(recipients_.front().address()) : std::string_view();
  return make_received_field(settings_,
                             {*session_.client, *session_.protocol, session_.tls, anonymous_, id_text_, only, date_});
}

void message_intake::log_privacy() const {
  std::string line;
  if (settings_.content.privacy.received) line = "Received (client)";
  for (auto const& name : editor_->made_private()) line += (line.empty() ? "" : ", ") + printable(name);
  if (!line.empty()) log::info("{}: privacy: left out: {}", id_text_, line);
}

result<> message_intake::spill() {
  while (builder_->chunk_ready()) {
    auto placed = segment_->append_chunk(builder_->take_chunk());
    if (!placed) return std::unexpected(placed.error());
    builder_->on_chunk_placed(*placed);
  }
  return {};
}

result<> message_intake::append(std::span<std::string_view const> pieces) {
  for (auto piece : pieces) {
    bool const passes = phase_ == phase::content && held_.empty();
    if (passes && filter_.in_body() && (!edits_ || !editor_->sees_body())) {
      emit(piece);
    } else if (passes) {
      filtered_.clear();
      held_ = piece.substr(filter_.feed(piece, filtered_));
      emit(filtered_);
    } else {
      held_ += piece;
      continue;
    }
    if (auto spilled = spill(); !spilled) return spilled;
  }
  return {};
}

result<> message_intake::finish() {
  phase_ = phase::end;
  return go_on();
}

bool message_intake::too_many_hops() const noexcept {
  return filter_.facts().received_count > settings_.content.hop_count_limit;
}

bool message_intake::is_discarded() const noexcept { return asked_for_.discard; }

net::task<open_segment::outcome> message_intake::commit(std::chrono::seconds within, bool alone) {
  auto const header_octets = filtered_header_ != 0 ? filtered_header_ : own_octets_ + filter_.body_offset();
  co_return co_await segment_->commit(builder_->finish(header_octets), within, alone);
}

}  // namespace postern::receive
