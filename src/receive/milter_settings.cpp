#include "receive/milter_settings.hpp"

#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/value.hpp"

namespace postern::receive {
namespace {

constexpr std::string_view separators = ", \t\r\n";

struct action_row {
  std::string_view word;
  milter::failure_action action;
};
constexpr std::array actions{
    action_row{"accept", milter::failure_action::accept},
    action_row{"reject", milter::failure_action::reject},
    action_row{"tempfail", milter::failure_action::temporary_failure},
    action_row{"quarantine", milter::failure_action::quarantine},
};

struct version_row {
  std::string_view word;
  std::uint32_t version;  ///< 0: an extension
  std::uint32_t steps;
};
constexpr std::array versions{
    version_row{"2", 2, milter::step::version_2},
    version_row{"3", 3, milter::step::version_3},
    version_row{"4", 4, milter::step::version_4},
    version_row{"6", 6, milter::step::version_6},
    version_row{"no_header_reply", 0, milter::step::no_reply_header},
};

struct macro_row {
  milter::macro_stage stage;
  char const* parameter;
};
constexpr std::array macro_parameters{
    macro_row{milter::macro_stage::connect, "milter_connect_macros"},
    macro_row{milter::macro_stage::helo, "milter_helo_macros"},
    macro_row{milter::macro_stage::mail, "milter_mail_macros"},
    macro_row{milter::macro_stage::rcpt, "milter_rcpt_macros"},
    macro_row{milter::macro_stage::data, "milter_data_macros"},
    macro_row{milter::macro_stage::end_of_message, "milter_end_of_data_macros"},
    macro_row{milter::macro_stage::end_of_headers, "milter_end_of_header_macros"},
    macro_row{milter::macro_stage::unknown, "milter_unknown_command_macros"},
};

result<milter::failure_action> parse_action(std::string_view text) {
  for (auto const& row : actions) {
    if (iequals(row.word, text)) return row.action;
  }
  return fail(fmt::format("milter_default_action = {}: want accept, reject, tempfail or quarantine", text));
}

result<> parse_protocol(std::string_view text, milter::filter_rules& into) {
  into.version = 0;
  into.steps = 0;
  for (auto const word : split_any(text, separators)) {
    auto const* row = std::ranges::find(versions, word, &version_row::word);
    bool const twice = row != versions.end() && row->version != 0 && into.version != 0;
    if (row == versions.end() || twice) {
      return fail(fmt::format("milter_protocol = {}: want one of 2, 3, 4, 6, and no_header_reply", text));
    }
    into.version = std::max(into.version, row->version);
    into.steps |= row->steps;
  }
  if (into.version == 0) return fail(fmt::format("milter_protocol = {}: want one of 2, 3, 4, 6", text));
  return {};
}

std::string_view inside_braces(std::string_view word) {
  if (word.size() >= 2 && word.starts_with('{') && word.ends_with('}')) return trim(word.substr(1, word.size() - 2));
  return word;
}

result<> parse_place(std::string_view text, std::string const& queue_directory, milter_service& into) {
  auto const colon = text.find(':');
  auto const kind = text.substr(0, colon);
  auto const place = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  into.rules.name = text;
  if ((kind == "unix" || kind == "local") && !place.empty()) {
    into.path = place.starts_with('/') ? std::string(place) : fmt::format("{}/{}", queue_directory, place);
    return {};
  }
  auto const last = place.rfind(':');
  if (kind != "inet" || last == std::string_view::npos) {
    return fail(fmt::format("\"{}\" is no mail filter: want inet:host:port or unix:path", text));
  }
  auto const port = parse_unsigned(place.substr(last + 1));
  auto host = place.substr(0, last);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!port || *port == 0 || *port > 65'535 || host.empty())
    return fail(fmt::format("\"{}\": want inet:host:port with a port number", text));
  into.host = host;
  into.port = static_cast<std::uint16_t>(*port);
  return {};
}

result<> apply_option(std::string_view word, milter_service& into) {
  auto const equals = word.find('=');
  auto const name = trim(word.substr(0, equals));
  auto const value = equals == std::string_view::npos ? std::string_view() : trim(word.substr(equals + 1));
  struct time_row {
    std::string_view name;
    std::chrono::seconds milter_service::* member;
  };
  constexpr std::array times{time_row{"connect_timeout", &milter_service::connect_timeout},
                             time_row{"command_timeout", &milter_service::command_timeout},
                             time_row{"content_timeout", &milter_service::content_timeout}};
  for (auto const& row : times) {
    if (row.name != name) continue;
    auto const time = config::parse_duration(value);
    if (!time || time->count() < 1) return fail(fmt::format("\"{}\" is no time", word));
    into.*row.member = *time;
    return {};
  }
  if (name == "default_action") {
    auto const action = parse_action(value);
    if (!action) return std::unexpected(action.error());
    into.rules.on_failure = *action;
    return {};
  }
  if (name == "protocol") return parse_protocol(value, into.rules);
  return fail(fmt::format("\"{}\" is no option of a mail filter", word));
}

result<std::shared_ptr<milter_service const>> parse_milter(std::string_view word, milter_settings const& settings) {
  auto made = std::make_shared<milter_service>(settings.model);
  bool first = true;
  for (auto const& part : config::split_list(inside_braces(word))) {
    auto done = first ? parse_place(inside_braces(part), settings.queue_directory, *made)
                      : apply_option(inside_braces(part), *made);
    if (!done) return std::unexpected(done.error());
    first = false;
  }
  if (first) return fail("an empty name of a mail filter");
  return made;
}

result<> load_macro_defaults(config::settings const& settings, milter_settings& into) {
  for (auto const& entry : settings.list("milter_macro_defaults")) {
    // "{name}=value" is a name in braces, "{ name=value }" a pair in braces.
    auto pair = std::string_view(entry);
    bool const whole_in_braces = pair.ends_with('}') && pair.find('}') == pair.size() - 1;
    bool const nested = pair.starts_with("{") && trim(pair.substr(1)).starts_with('{');
    if (whole_in_braces || nested) pair = inside_braces(pair);
    auto const equals = pair.find('=');
    if (equals == std::string_view::npos)
      return fail(fmt::format("milter_macro_defaults: \"{}\": want name=value", entry));
    auto const name = trim(pair.substr(0, equals));
    into.macro_defaults[name.starts_with('{') ? std::string(name) : fmt::format("{{{}}}", name)] =
        trim(pair.substr(equals + 1));
  }
  return {};
}

result<> load_model(config::settings const& settings, milter_service& into) {
  auto const action = parse_action(settings.text("milter_default_action"));
  if (!action) return std::unexpected(action.error());
  into.rules.on_failure = *action;
  if (auto protocol = parse_protocol(settings.text("milter_protocol"), into.rules); !protocol) return protocol;
  for (auto const& row : macro_parameters) {
    into.rules.macros[static_cast<std::size_t>(row.stage)] = settings.list(row.parameter);
  }
  into.rules.packet_octets_max = static_cast<std::size_t>(settings.integer("milter_packet_limit"));
  into.connect_timeout = settings.duration("milter_connect_timeout");
  into.command_timeout = settings.duration("milter_command_timeout");
  into.content_timeout = settings.duration("milter_content_timeout");
  return {};
}

void ask_for_service(milter_service const& service, os::sandbox_rules& rules) {
  if (service.path.empty()) rules.tcp.connect_ports.push_back(service.port);
}

}  // namespace

result<milter_list> parse_milters(std::string_view text, milter_settings const& settings) {
  milter_list out;
  if (iequals(trim(text), "DISABLE")) return out;
  for (auto const& word : config::split_list(text)) {
    auto made = parse_milter(word, settings);
    if (!made) return std::unexpected(made.error());
    out.push_back(std::move(*made));
  }
  return out;
}

result<milter_settings> load_milter_settings(config::settings const& settings) {
  milter_settings made;
  made.queue_directory = settings.text("queue_directory");
  auto tables = maps::map_list::load("smtpd_milter_maps", settings.list("smtpd_milter_maps"));
  if (!tables) return std::unexpected(tables.error());
  made.by_client = std::move(*tables);
  if (auto model = load_model(settings, made.model); !model) return std::unexpected(model.error());
  auto services = parse_milters(settings.text("smtpd_milters"), made);
  if (!services) return fail("smtpd_milters: " + services.error().text);
  made.services = std::move(*services);
  auto local = parse_milters(settings.text("non_smtpd_milters"), made);
  if (!local) return fail("non_smtpd_milters: " + local.error().text);
  made.local_services = std::move(*local);
  if (auto defaults = load_macro_defaults(settings, made); !defaults) return std::unexpected(defaults.error());
  made.daemon_name = settings.text("milter_macro_daemon_name");
  made.version_text = settings.text("milter_macro_v");
  made.local_transport = settings.text("local_transport");
  made.relay_transport = settings.text("relay_transport");
  made.virtual_transport = settings.text("virtual_transport");
  made.default_transport = settings.text("default_transport");
  made.relay_host = settings.text("relayhost");
  made.header_octets_max = static_cast<std::size_t>(settings.integer("milter_header_limit"));
  made.memory_octets = static_cast<std::size_t>(settings.integer("milter_memory_limit"));
  auto checks = rewrite::content_checks::load(settings, "milter_");
  if (!checks) return std::unexpected(checks.error());
  made.header_checks = std::move(*checks);
  return made;
}

void ask_for_milters(config::settings const& settings, os::sandbox_rules& rules) {
  auto const loaded = load_milter_settings(settings);
  if (!loaded) return;
  for (auto const* list : {&loaded->services, &loaded->local_services}) {
    for (auto const& service : *list) ask_for_service(*service, rules);
  }
  for (auto const& name : settings.list("milter_header_checks")) maps::ask_for_table(name, rules);
  for (auto const& name : settings.list("smtpd_milter_maps")) {
    maps::ask_for_table(name, rules);
    auto const table = maps::open_table(name);
    if (!table) continue;
    auto const entries = (*table)->entries();
    // What such a table will say is not known: any port then.
    if (!entries) rules.tcp.any = true;
    for (auto const& entry : entries ? *entries : std::vector<maps::entry>()) {
      auto const services = parse_milters(entry.value, *loaded);
      if (!services) continue;
      for (auto const& service : *services) ask_for_service(*service, rules);
    }
  }
}

}  // namespace postern::receive
