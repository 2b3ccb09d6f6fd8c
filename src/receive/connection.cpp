#include "receive/connection.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "receive/local_submission.hpp"
#include "receive/policy_sources.hpp"
#include "smtp/soft_reply.hpp"

namespace postern::receive {
namespace {

namespace act = smtp::server_actions;

template <class... Handlers>
struct overloaded : Handlers... {
  using Handlers::operator()...;
};

peer make_peer(net::stream& from) {
  peer out;
  if (auto remote = net::remote_endpoint(from.native_handle())) {
    out.address = remote->address;
    out.port = remote->port;
  }
  if (auto local = net::local_endpoint(from.native_handle())) {
    out.server_address = local->address.text();
    out.server_port = local->port;
  }
  return out;
}

}  // namespace

connection::connection(server_parts const& parts, std::shared_ptr<service_settings const> settings,
                       os::unique_fd socket, net::task_scope const& sessions)
    : parts_(parts),
      sessions_(sessions),
      settings_(std::move(settings)),
      stream_(parts.loop, std::move(socket)),
      peer_(make_peer(stream_)),
      anvil_(parts.anvil, settings_->anvil, peer_),
      session_id_(make_session_id()),
      protocol_(settings_->protocol),
      log_(peer_, session_id_, parts_.traces),
      input_(parts_.buffers) {
  if (parts_.anvil != nullptr && settings_->anvil->client.new_tls_session_rate > 0) protocol_.ask_about_tls();
  if (!settings_->gate.delays_reject()) protocol_.ask_about(true, false);
}

net::task<> connection::run() {
  if (!co_await admit_balancer()) co_return stream_.close();
  note_client_address();
  if (!is_local()) {
    co_await look_up_peer_name();
    log_.connected();
  }
  bool ready = !settings_->wrapper_mode;
  refused_at_once_ = co_await count_connection();
  if (settings_->wrapper_mode) ready = co_await begin_wrapped();
  if (ready) {
    co_await greet();
    co_await converse();
  }
  if (gone_) co_await perform(protocol_.on_disconnect());
  forget_message();
  if (milters_) co_await milters_->close();
  if (!is_local()) log_.disconnected();
  stream_.close();
}

net::task<> connection::look_up_peer_name() {
  auto found = co_await find_client_names(parts_.resolver, peer_.address);
  peer_.name = std::move(found.name);
  peer_.status = found.status;
  peer_.reverse_name = std::move(found.reverse_name);
  peer_.reverse_status = found.reverse_status;
}

net::task<> connection::greet() {
  if (is_local()) refused_at_once_ = refuse_local_user(settings_->submission, *peer_.local_user);
  co_await prepare_offer();
  if (settings_->wrapper_mode) co_await perform(protocol_.on_tls_established());
  if (refused_at_once_) co_return co_await perform(protocol_.on_connect_refused(*refused_at_once_));
  if (auto denied = co_await refuse_connection()) {
    co_return co_await perform(protocol_.on_connect_denied(*denied, peer_.text()));
  }
  if (auto refused = co_await open_milters()) co_return co_await perform(protocol_.on_connect_refused(*refused));
  co_await perform(protocol_.on_connect());
}

std::optional<connection::actions> connection::next_line() {
  if (auto line = input_.take_line()) {
    if (std::exchange(line_too_long_, false)) return protocol_.on_line_too_long();
    if (line->text.size() > protocol_.line_limit()) return protocol_.on_line_too_long();
    bool credentials = auth_exchange_ != 0;
    log_.client_line(line->text, credentials);
    if (milters_ && !credentials) command_line_ = line->text;
    auto out = protocol_.on_line(line->text, line->end);
    if (!credentials) {
      counted_verb_ = protocol_.last_verb();
      bool waits = protocol_.last_verb_ends_group() || !protocol_.extended();
      if (waits && !input_.view().empty()) pipelined_ill_ = true;
      verb_open_ = true;
    }
    return out;
  }
  if (input_.view().size() > protocol_.line_limit()) {
    line_too_long_ = true;
    input_.clear();
  }
  return std::nullopt;
}

net::task<> connection::converse() {
  while (!closing_ && !gone_) {
    if (login_revoked_) {
      co_await perform(protocol_.on_login_revoked());
      break;
    }
    if (auto list = next_line()) {
      auto const rest = list->subspan(act_at_once(*list));
      if (!rest.empty()) co_await perform(rest);
      if (milters_) co_await settle_milters();
      continue;
    }
    if (!flush_now() && !co_await flush()) break;
    if (closing_ || gone_) break;
    input_.release_if_empty();
    if (shutting_down_ && between_messages()) {
      co_await perform(protocol_.on_shutdown());
      break;
    }
    waiting_for_line_ = true;
    bool more = co_await read_more();
    waiting_for_line_ = false;
    if (!more) break;
  }
  co_await flush();
}

bool connection::between_messages() const {
  return protocol_.current_stage() == smtp::stage::fresh || protocol_.current_stage() == smtp::stage::greeted;
}

void connection::shut_down() {
  shutting_down_ = true;
  if (waiting_for_line_ && between_messages()) stream_.interrupt();
}

// What is there already, without waiting; false: nothing, or the connection is lost and the wait that follows will say
// so.
bool connection::read_what_is_there() {
  constexpr std::size_t record_octets = 16 * 1024;  // a TLS record is read whole
  bool any = false;
  for (auto room = input_.space(); room.size() >= record_octets; room = input_.space()) {
    auto got = stream_.try_read(room);
    if (!got || *got == 0) break;
    input_.commit(*got);
    any = true;
  }
  return any;
}

// Content comes in bursts: take what is there before waiting, but let the other sessions have their turn too.
net::task<bool> connection::read_content() {
  constexpr unsigned bursts_max = 8;
  if (++bursts_ % bursts_max != 0 && read_what_is_there()) co_return true;
  input_.release_if_empty();
  co_return co_await read_more();
}

net::task<bool> connection::read_more() {
  if (login_revoked_) co_return co_await end_revoked_login();
  reading_ = true;
  auto readable = co_await stream_.wait_readable(settings_->timeout);
  reading_ = false;
  if (readable) {
    auto got = stream_.try_read(input_.space());
    if (got) {
      input_.commit(*got);
      co_return true;
    }
    readable = std::unexpected(got.error());
  }
  if (shutting_down_ && readable.error().problem == net::io_problem::cancelled) co_return true;
  if (login_revoked_ && readable.error().problem == net::io_problem::cancelled) {
    co_return co_await end_revoked_login();
  }
  bool late = readable.error().problem == net::io_problem::timed_out;
  if (late) log_.timed_out(current_verb_name());
  if (late && protocol_.wants_line()) {
    co_await perform(protocol_.on_timeout());
    co_return false;
  }
  gone_ = true;
  if (!late) log_.lost_connection(current_verb_name());
  co_return false;
}

// Without waiting; true: all that was to be said has been. What failed is found again by flush().
bool connection::flush_now() {
  if (closing_ || output_.empty()) return output_.empty();
  std::string_view rest = output_;
  if (!stream_.try_write(rest)) return false;
  output_.erase(0, output_.size() - rest.size());
  return output_.empty();
}

net::task<bool> connection::flush() {
  if (output_.empty()) co_return true;
  auto text = std::exchange(output_, {});
  auto written = closing_ ? co_await stream_.write_last(text, settings_->timeout)
                          : co_await stream_.write(text, settings_->timeout);
  text.clear();
  output_ = std::move(text);  // keeps the memory of a busy session, a small reply's fits into the string itself
  if (written) co_return true;
  gone_ = true;
  log_.lost_connection(current_verb_name());
  co_return false;
}

void connection::reply(std::string_view text) {
  if (!settings_->footer.empty()) return reply_with_footer(text);
  send(text);
}

void connection::send(std::string_view text) {
  std::string softened;
  if (settings_->soft_bounce) text = softened = smtp::soften(text);
  output_ += text;
  log_.server_text(text);
  bool intermediate = text.starts_with('3');
  if (verb_open_ && !intermediate) {
    log_.count(counted_verb_.value_or(smtp::verb::unknown), text[0] >= '4');
    verb_open_ = false;
  }
}

// Actions that need nobody else.
bool connection::act_now(smtp::server_action const& action) {
  return std::visit(
      overloaded{[this](act::send_reply const& one) {
                   reply(one.text);
                   return true;
                 },
                 [this](act::cancel_auth const&) {
                   if (auth_exchange_ != 0 && parts_.auth != nullptr) parts_.auth->cancel(auth_exchange_);
                   auth_exchange_ = 0;
                   return true;
                 },
                 [this](act::abort_message const&) {
                   forget_message();
                   return true;
                 },
                 [this](act::close_connection const&) { return closing_ = true; }, [](auto const&) { return false; }},
      action);
}

// How many of the actions, from the first on, need nobody else; those are done.
std::size_t connection::act_at_once(actions list) {
  std::size_t done = 0;
  while (done < list.size() && act_now(list[done])) ++done;
  return done;
}

net::task<> connection::perform(actions list) {
  for (;;) {
    next_actions next;
    for (auto const& action : list) {
      if (act_now(action)) continue;
      // Asking actions are the last of their list; a pause is not, and gives no new list.
      next = co_await this->act(action);
    }
    if (!next) co_return;
    list = *next;
  }
}

net::task<connection::next_actions> connection::act(smtp::server_action action) {
  if (auto* one = std::get_if<act::pause>(&action)) {
    co_await parts_.loop.sleep(one->time);
    co_return std::nullopt;
  }
  if (std::get_if<act::ask_sender>(&action)) {
    auto refused = co_await refuse_sender();
    if (refused) co_return refused;
    co_return co_await answer_sender();
  }
  if (auto* one = std::get_if<act::ask_recipient>(&action)) {
    co_return co_await answer_recipient(one->to->forward_path, one->verify_only);
  }
  if (std::get_if<act::ask_data>(&action)) {
    auto refused = co_await refuse_data();
    if (refused) co_return refused;
    co_return co_await answer_data();
  }
  if (auto* one = std::get_if<act::replace_client>(&action)) co_return co_await replace_client(*one->by);
  if (auto* one = std::get_if<act::ask_unknown>(&action)) co_return co_await answer_unknown(std::string(one->word));
  if (auto* one = std::get_if<act::ask_helo>(&action)) {
    co_return co_await answer_helo(std::string(one->name), one->extended);
  }
  if (auto* one = std::get_if<act::ask_etrn>(&action)) co_return co_await answer_etrn(std::string(one->domain));
  if (auto* one = std::get_if<act::start_auth>(&action)) {
    std::optional<secret> initial;
    if (one->has_initial_response) initial = secret(one->initial_response);
    co_return co_await answer_auth(std::string(one->mechanism), std::move(initial));
  }
  if (auto* one = std::get_if<act::continue_auth>(&action)) {
    co_return co_await answer_auth_response(secret(one->response));
  }
  if (std::get_if<act::start_tls>(&action)) co_return co_await answer_start_tls();
  if (std::get_if<act::begin_data>(&action)) co_return co_await read_data();
  if (auto* one = std::get_if<act::begin_bdat>(&action)) co_return co_await read_bdat(*one);
  if (std::get_if<act::commit_message>(&action)) co_return co_await answer_commit();
  co_return std::nullopt;
}

std::string connection::current_verb_name() const {
  if (!counted_verb_) return "CONNECT";
  for (auto const& row : smtp::command_table()) {
    if (row.id == *counted_verb_) return std::string(row.name);
  }
  return "UNKNOWN";
}

}  // namespace postern::receive
