#include "delivery/notice_checks.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "delivery/notice_addresses.hpp"
#include "message/header_filter.hpp"
#include "queue/queue_id.hpp"
#include "rewrite/message_editor.hpp"

namespace postern::delivery {

result<std::shared_ptr<notice_checks const>> notice_checks::load(config::settings const& settings) {
  auto made = std::make_shared<notice_checks>();
  for (auto const& word : settings.list("internal_mail_filter_classes")) {
    if (iequals(word, "bounce")) {
      made->bounce_ = true;
    } else if (iequals(word, "notify")) {
      made->notify_ = true;
    } else {
      return fail(fmt::format("internal_mail_filter_classes: {}: want bounce or notify", printable(word)));
    }
  }
  if (!made->bounce_ && !made->notify_) return nullptr;
  auto checks = rewrite::content_checks::load(settings, "");
  if (!checks) return std::unexpected(checks.error());
  if (!checks->any()) return nullptr;
  made->checks_ = std::move(*checks);
  made->header_field_limit_ = static_cast<std::size_t>(settings.integer("header_size_limit"));
  made->line_limit_ = static_cast<std::size_t>(settings.integer("line_length_limit"));
  return made;
}

result<policy::message_actions> notice_checks::apply(internal_mail kind, composed_notice& notice) const {
  if (kind == internal_mail::bounce ? !bounce_ : !notify_) return policy::message_actions{};
  rewrite::message_origin origin;
  origin.queue_id = queue::format_queue_id(notice.env.id);
  origin.client = "local";
  origin.sender = notice.env.sender;
  if (!notice.env.recipients.empty()) origin.recipient = notice.env.recipients.front().address;
  rewrite::editor_options options;
  options.checks = &checks_;
  options.header_field_limit = header_field_limit_;
  options.line_limit = line_limit_;
  rewrite::message_editor editor(std::move(options), std::move(origin));
  message::header_policy policy;
  policy.header_field_limit = header_field_limit_;
  policy.editor = &editor;
  message::header_filter filter;
  filter.reset(policy);

  std::string out;
  std::string_view rest = notice.content;
  for (;;) {
    rest.remove_prefix(filter.feed(rest, out));
    if (rest.empty() && filter.finish(out) && editor.finish(out)) break;
    auto wanted = editor.take_wanted();
    if (!wanted) return fail("a notice could not be checked");
    auto told = ask_table_now(*wanted);
    editor.put(std::move(*wanted), std::move(told));
  }
  if (!editor.failure().empty()) return fail(editor.failure());
  auto actions = editor.actions();
  actions.discard = actions.discard || editor.rejected().has_value();
  notice.content = std::move(out);
  notice.env.hold = actions.hold;
  notice.env.filter = actions.filter.value_or("");
  return actions;
}

void ask_for_notice_check_tables(config::settings const& settings, os::sandbox_rules& rules) {
  if (settings.list("internal_mail_filter_classes").empty()) return;
  for (auto const* parameter : {"header_checks", "mime_header_checks", "nested_header_checks", "body_checks"}) {
    for (auto const& name : settings.list(parameter)) maps::ask_for_table(name, rules);
  }
}

}  // namespace postern::delivery
