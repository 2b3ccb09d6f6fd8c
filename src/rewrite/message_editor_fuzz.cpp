// Splitting the content changes nothing; without rules and contexts what comes in goes out; MIME walk and address
// places keep within their limits.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "rewrite/message_editor.hpp"

namespace {

using namespace postern;

void require(bool holds) {
  if (!holds) std::abort();
}

config::settings load(char const* main_cf) {
  return *config::settings::load_text(main_cf, {.main_cf_may_be_missing = true});
}

struct scene {
  explicit scene(char const* main_cf)
      : settings(load(main_cf)),
        addresses(*policy::address_resolver::load(settings, {})),
        rules(*rewrite::address_rules::load(settings, addresses)),
        checks(*rewrite::content_checks::load(settings, "")) {}
  config::settings settings;
  policy::address_resolver addresses;
  rewrite::address_rules rules;
  rewrite::content_checks checks;
};

std::string edit(scene const& with, rewrite::privacy_profile const& privacy, std::string_view input,
                 std::size_t piece) {
  rewrite::editor_options options;
  options.checks = &with.checks;
  options.addresses = &with.rules;
  options.context = rewrite::header_context::local;
  options.privacy = privacy;
  options.sender_domain = "home.example";
  options.header_field_limit = 200;
  options.line_limit = 50;
  rewrite::message_editor editor(options, {"ID", "client", "a@b", "c@d", "ESMTP", "helo"});
  message::header_policy policy;
  policy.header_field_limit = options.header_field_limit;
  policy.editor = &editor;
  message::header_filter filter(policy);
  std::string out;
  for (std::size_t at = 0; at < input.size(); at += piece) {
    auto const part = std::string(input.substr(at, piece));
    require(filter.feed(part, out) == part.size());
  }
  require(filter.finish(out) && editor.finish(out));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static scene const with(
      "myhostname = mx.example\nmydestination = mx.example\nmyorigin = mx.example\n"
      "header_checks = pcre:{{/^X-R: (.*)/ REPLACE X-S: $$1\\n y} {/^X-I/ IGNORE} {/^X-P/ PREPEND P: q} {/^X-J/ "
      "REJECT}}\n"
      "body_checks = pcre:{{/^rep/ REPLACE new} {/^ign/ IGNORE} {/^pre/ PREPEND p}}\n"
      "canonical_maps = inline:{a@c.example=z@c.example}\n");
  if (size < 2) return 0;
  std::string input;
  // What data_reader gives: whole lines, LF only behind CR.
  for (std::size_t i = 2; i < size; ++i) {
    auto const c = static_cast<char>(data[i]);
    if (c == '\r') continue;
    if (c == '\n') input += '\r';
    input += c;
  }
  if (!input.ends_with("\r\n")) input += "\r\n";
  auto const privacy = (data[0] & 1U) != 0 ? *rewrite::privacy_profile::parse({"all"}) : rewrite::privacy_profile{};
  auto const whole = edit(with, privacy, input, input.size());
  require(whole == edit(with, privacy, input, data[1] % 31 + 1U));
  std::size_t end = 0;
  for (auto const& place : rewrite::find_addresses(input, 64)) {
    require(place.offset >= end && place.offset + place.length <= input.size());
    end = place.offset + place.length;
  }
  return 0;
}
