#include "delivery/own_mail.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "queue/segment_reader.hpp"

namespace postern::delivery {
namespace {

constexpr auto retry_pause = std::chrono::milliseconds(1000);

result<std::string> read_content(os::read_file& file, queue::stored_message const& message, std::uint64_t octets) {
  std::string text(octets, '\0');
  queue::content_reader reader(file, message.content);
  std::size_t filled = 0;
  while (filled < text.size()) {
    auto got = reader.read(std::span(text).subspan(filled));
    if (!got) return std::unexpected(got.error());
    if (*got == 0) break;
    filled += *got;
  }
  text.resize(filled);
  return text;
}

result<queue::location> write_message(queue::segment_writer& to, composed_notice const& notice,
                                      std::uint64_t header_length) {
  queue::message_builder builder(notice.env);
  builder.append(notice.content);
  while (builder.chunk_ready()) {
    auto placed = to.append(builder.take_chunk());
    if (!placed) return placed;
    builder.on_chunk_placed(*placed);
  }
  return to.append_synced(builder.finish(header_length));
}

std::uint64_t header_length_of(std::string_view content) {
  auto end = content.find("\r\n\r\n");
  return end == std::string_view::npos ? content.size() : end + 4;
}

}  // namespace

own_mail::own_mail(net::event_loop& loop, spool_keeper& keeper, router const& routes, queue_settings const& settings,
                   listener told)
    : loop_(loop),
      keeper_(keeper),
      routes_(routes),
      settings_(settings),
      told_(std::move(told)),
      tasks_(loop),
      worker_(loop, 1) {}

void own_mail::add(queue::notice_request notice) {
  waiting_.emplace_back(std::move(notice));
  begin();
}

void own_mail::add(queue::relocation_request relocation) {
  waiting_.emplace_back(std::move(relocation));
  begin();
}

void own_mail::add(account_notice notice) {
  waiting_.emplace_back(std::move(notice));
  begin();
}

void own_mail::begin() {
  if (std::exchange(busy_, true)) return;
  tasks_.spawn(do_all(), "qmgr's own mail");
}

net::task<bool> own_mail::finish(std::chrono::milliseconds within) {
  bool done = co_await tasks_.join(within);
  tasks_.cancel_all();
  co_return done;
}

net::task<> own_mail::do_all() {
  while (!waiting_.empty()) {
    bool done = false;
    if (auto const* notice = std::get_if<queue::notice_request>(&waiting_.front())) {
      done = co_await write_notice(*notice);
    } else if (auto const* letter = std::get_if<account_notice>(&waiting_.front())) {
      done = co_await write_letter(*letter);
    } else {
      done = co_await relocate(std::get<queue::relocation_request>(waiting_.front()));
    }
    if (done) {
      waiting_.pop_front();
    } else {
      co_await loop_.sleep(retry_pause);
    }
  }
  busy_ = false;
}

void own_mail::abandon_segment() {
  if (!segment_) return;
  auto id = segment_->id();
  segment_.reset();
  keeper_.release_segment(id, 0);
}

net::task<bool> own_mail::ensure_segment() {
  if (segment_ && (segment_->poisoned() || segment_->size() >= settings_.segment_octets)) abandon_segment();
  if (segment_) co_return true;
  auto made = co_await keeper_.own_segment();
  if (!made) {
    log::error("no spool segment for notices: {}", made.error().text);
    co_return false;
  }
  ids_.emplace(made->writer);
  segment_ = std::make_shared<queue::segment_writer>(std::move(made->file), made->id);
  co_return true;
}

result<composed_notice> own_mail::compose(queue::notice_request const& notice) {
  auto original = keeper_.read_message(notice.at);
  if (!original) return std::unexpected(original.error());
  auto file = keeper_.open_segment(notice.at.segment);
  if (!file) return std::unexpected(file.error());
  bool whole = decide_return_whole(notice.kind, **original, settings_.bounce_size_limit);
  auto octets = whole ? (*original)->content_size : (*original)->header_length;
  auto text = read_content(**file, **original, octets);
  if (!text) return std::unexpected(text.error());
  bool local = routes_.class_of((*original)->env.sender) == policy::address_class::local;
  notice_source source{notice, **original, *text, whole};
  auto now = std::chrono::system_clock::now();
  return compose_notice(settings_, source, ids_->next(now),
                        local ? queue::recipient_class::local : queue::recipient_class::remote, now);
}

net::task<bool> own_mail::write_notice(queue::notice_request const& notice) {
  if (!co_await ensure_segment()) co_return false;
  auto composed = compose(notice);
  if (!composed) {
    // Without the original nobody knows whom to tell.
    log::error("{}: {} cannot be made: {}", queue::format_queue_id(notice.message), describe_notice(notice.kind),
               composed.error().text);
    told_.on_notice_saved(notice, std::nullopt);
    co_return true;
  }
  auto shared = std::make_shared<composed_notice>(std::move(*composed));
  auto const goes = co_await judge(shared, internal_mail::bounce);
  if (!goes) co_return false;
  if (!*goes) {
    told_.on_notice_saved(notice, std::nullopt);
    co_return true;
  }
  auto const written = co_await save(shared);
  if (!written) co_return false;
  log::info("{}: {}: {}", queue::format_queue_id(notice.message), describe_notice(notice.kind),
            queue::format_queue_id(shared->env.id));
  told_.on_notice_saved(notice, written);
  co_return true;
}

// What the administrator's tables make of it. False: it is not to be sent; nothing: a table could not be asked.
net::task<std::optional<bool>> own_mail::judge(std::shared_ptr<composed_notice> notice, internal_mail kind) {
  if (!settings_.checks && !settings_.addresses) co_return true;
  auto const goes = co_await worker_.run<result<bool>>(
      [checks = settings_.checks, addresses = settings_.addresses, notice, kind]() -> result<bool> {
        auto actions = checks ? checks->apply(kind, *notice) : result<policy::message_actions>{};
        if (!actions) return std::unexpected(actions.error());
        if (actions->discard) return false;
        auto addressed = addresses ? addresses->apply(notice->env, *actions) : result<>{};
        if (!addressed) return std::unexpected(addressed.error());
        return true;
      });
  if (goes) co_return *goes;
  log::error("a notice waits for a table: {}", goes.error().text);
  co_return std::nullopt;
}

net::task<std::optional<queue::location>> own_mail::save(std::shared_ptr<composed_notice> notice) {
  auto written = co_await worker_.run<result<queue::location>>(
      [to = segment_, notice] { return write_message(*to, *notice, header_length_of(notice->content)); });
  if (written) co_return *written;
  log::error("writing a notice: {}", written.error().text);
  abandon_segment();
  co_return std::nullopt;
}

net::task<bool> own_mail::write_letter(account_notice const& notice) {
  if (!co_await ensure_segment()) co_return false;
  auto const now = std::chrono::system_clock::now();
  auto shared = std::make_shared<composed_notice>(compose_account_notice(
      settings_, notice, [this](std::string_view address) { return routes_.class_of(address); }, ids_->next(now), now));
  auto const goes = co_await judge(shared, internal_mail::notify);
  if (!goes) co_return false;
  if (!*goes) {
    notice.saved(true);
    co_return true;
  }
  auto const written = co_await save(shared);
  if (!written) co_return false;
  log::info("{}: notice that account {} is held", queue::format_queue_id(shared->env.id),
            printable(notice.account, 128));
  told_.on_letter_saved(*written);
  notice.saved(true);
  co_return true;
}

net::task<bool> own_mail::relocate(queue::relocation_request const& relocation) {
  if (!co_await ensure_segment()) co_return false;
  auto done = std::make_shared<std::unordered_set<std::uint64_t>>(relocation.done);
  auto outcome = co_await worker_.run<std::shared_ptr<queue::relocation_outcome>>(
      [this, to = segment_, from = relocation.segment, done] {
        return std::make_shared<queue::relocation_outcome>(queue::relocate_segment(keeper_.spool(), from, *done, *to));
      });
  if (outcome->error) log::error("moving old messages: {}", outcome->error->text);
  if (!outcome->error && !outcome->copies.empty()) {
    log::info("moved {} messages out of spool segment {}", outcome->copies.size(),
              queue::format_segment_id(relocation.segment));
  }
  told_.on_relocated(relocation.segment, outcome->copies, !outcome->error);
  if (outcome->error) abandon_segment();
  co_return true;
}

}  // namespace postern::delivery
