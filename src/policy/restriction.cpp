#include "policy/restriction.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "maps/table.hpp"

namespace postern::policy {
namespace {

constexpr std::string_view misfires = "clients that reach it get \"451 4.3.5 Server configuration error\"";

std::string_view access_name(default_access access) {
  switch (access) {
    case aspect::client:
      return "check_client_access";
    case aspect::helo:
      return "check_helo_access";
    case aspect::sender:
      return "check_sender_access";
    case aspect::recipient:
      return "check_recipient_access";
    case aspect::etrn:
      return "check_etrn_access";
    default:
      return {};
  }
}

// "{ hash:/x, search_order = cert_fingerprint }": the words between the braces; one word without braces is itself.
std::vector<std::string> words_of_group(std::string_view argument) {
  if (!argument.starts_with('{') || !argument.ends_with('}')) return {std::string(argument)};
  return config::split_list(argument.substr(1, argument.size() - 2));
}

result<std::vector<certificate_key>> parse_search_order(std::string_view text) {
  std::vector<certificate_key> out;
  for (auto word : split_any(text, ", \t\r\n")) {
    if (iequals(word, "cert_fingerprint")) {
      out.push_back(certificate_key::fingerprint);
    } else if (iequals(word, "pubkey_fingerprint")) {
      out.push_back(certificate_key::key_fingerprint);
    } else {
      return fail(fmt::format("search_order: '{}' is neither cert_fingerprint nor pubkey_fingerprint", word));
    }
  }
  return out;
}

}  // namespace

restriction_sources::restriction_sources(config::settings const& settings)
    : settings_(settings), class_names_(settings.list("smtpd_restriction_classes")) {
  load_classes();
}

result<maps::map_list> restriction_sources::open(std::string const& table) {
  if (auto place = tables_.find(table); place != tables_.end()) return place->second;
  auto opened = maps::map_list::load("", {table});
  if (!opened) return opened;
  return tables_.emplace(table, std::move(*opened)).first->second;
}

// A class may name a class: all have their place before the first is parsed.
void restriction_sources::load_classes() {
  std::initializer_list<default_access> const accesses = {aspect::any,    aspect::client,    aspect::helo,
                                                          aspect::sender, aspect::recipient, aspect::etrn};
  for (auto const& name : class_names_) {
    for (auto access : accesses) classes_.try_emplace({lowercase(name), access});
  }
  for (auto const& name : class_names_) {
    auto text = settings_.expand("$" + name);
    if (!settings_.find_raw(name) || !text) continue;
    for (auto access : accesses) {
      classes_[{lowercase(name), access}] = restriction_list::parse(name, config::split_list(*text), access, *this);
    }
  }
}

std::vector<std::string> restriction_sources::table_names() const {
  std::vector<std::string> out;
  out.reserve(tables_.size());
  for (auto const& [name, opened] : tables_) out.push_back(name);
  return out;
}

std::vector<restriction_list const*> restriction_sources::classes() const {
  std::vector<restriction_list const*> out;
  out.reserve(classes_.size());
  for (auto const& [name, list] : classes_) out.push_back(&list);
  return out;
}

restriction_list const* restriction_sources::find_class(std::string_view name, default_access access) const {
  auto place = classes_.find({lowercase(name), access});
  return place == classes_.end() ? nullptr : &place->second;
}

/// Goes through the words of one list.
class list_parser {
 public:
  list_parser(restriction_list& into, std::vector<std::string> const& words, restriction_sources const& sources,
              restriction_sources* opener)
      : into_(into), words_(words), sources_(sources), opener_(opener) {}

  void parse() {
    while (next_ < words_.size()) into_.restrictions_.push_back(take_one());
  }

 private:
  restriction take_one() {
    auto const& word = words_[next_++];
    restriction one;
    one.text = word;
    if (word.contains(':')) return take_bare_table(std::move(one));
    one.row = find_restriction(word);
    if (one.row == nullptr) {
      one.inner = sources_.find_class(word, into_.access_);
      if (one.inner == nullptr) one.trouble = fmt::format("restriction '{}' is not known; {}", word, misfires);
      return one;
    }
    if (one.row->argument != argument_kind::none && one.row->argument != argument_kind::next) take_argument(one);
    return one;
  }

  restriction take_bare_table(restriction one) {
    auto name = access_name(into_.access_);
    if (name.empty()) {
      one.trouble = fmt::format("'{}' needs a check_…_access in front of it here; {}", one.text, misfires);
      return one;
    }
    one.row = find_restriction(name);
    set_argument(one, one.text);
    return one;
  }

  void take_argument(restriction& one) {
    if (next_ >= words_.size()) {
      // Postfix goes on without the ones that it calls DNS lists.
      one.skipped = one.row->argument == argument_kind::dns_list;
      if (!one.skipped) one.row = nullptr;
      one.trouble = fmt::format("restriction '{}' needs an argument", one.text);
      return;
    }
    auto const& argument = words_[next_++];
    one.text += " " + argument;
    set_argument(one, argument);
  }

  void set_argument(restriction& one, std::string const& argument) {
    one.argument = argument;
    auto understood = understand(one, argument);
    if (understood) return;
    one.trouble = fmt::format("{}: {}; {}", one.text, understood.error().text, misfires);
    // Where only clients with a certificate are meant the others do not hear of it.
    one.search_order.clear();
    if (one.row->argument != argument_kind::tables_by_order) one.row = nullptr;
  }

  result<> understand(restriction& one, std::string const& argument) {
    switch (one.row->argument) {
      case argument_kind::table:
        return open_table(one, argument);
      case argument_kind::tables_by_order:
        return open_certificate_table(one, argument);
      case argument_kind::service:
        return set_service(one, argument);
      case argument_kind::dns_list: {
        auto parsed = parse_dns_list(argument);
        if (!parsed) return std::unexpected(parsed.error());
        one.list = std::move(*parsed);
        return {};
      }
      case argument_kind::seconds: {
        auto seconds = parse_unsigned(argument);
        if (!seconds) return fail("must be followed by a number of seconds");
        one.pause = std::chrono::seconds(std::min<std::uint64_t>(*seconds, 3600));
        return {};
      }
      case argument_kind::none:
      case argument_kind::next:
        return {};
    }
    return {};
  }

  result<> open_table(restriction& one, std::string const& argument) {
    if (!maps::is_table_name(argument)) return fail("must be followed by a table (type:name)");
    if (opener_ == nullptr) return fail("tables cannot be named in the answer of a table; name a restriction class");
    auto opened = opener_->open(argument);
    if (!opened) return std::unexpected(opened.error());
    one.table = std::move(*opened);
    return {};
  }

  result<> open_certificate_table(restriction& one, std::string const& argument) {
    one.search_order = {certificate_key::fingerprint, certificate_key::key_fingerprint};
    auto words = words_of_group(argument);
    for (std::size_t i = 1; i < words.size(); ++i) {
      auto word = std::string_view(words[i]);
      if (word.starts_with('{') && word.ends_with('}')) word = trim(word.substr(1, word.size() - 2));
      auto equals = word.find('=');
      if (!iequals(trim(word.substr(0, equals)), "search_order") || equals == std::string_view::npos)
        return fail(fmt::format("'{}' is not search_order=…", word));
      auto order = parse_search_order(word.substr(equals + 1));
      if (!order) return std::unexpected(order.error());
      one.search_order = std::move(*order);
    }
    return open_table(one, words.empty() ? std::string() : words.front());
  }

  result<> set_service(restriction& one, std::string const& argument) {
    auto parsed = parse_policy_service(argument, sources_.settings());
    if (!parsed) return std::unexpected(parsed.error());
    one.service = std::make_shared<policy_service const>(std::move(*parsed));
    return {};
  }

  restriction_list& into_;
  std::vector<std::string> const& words_;
  restriction_sources const& sources_;
  restriction_sources* opener_;  ///< null: no tables here
  std::size_t next_ = 0;
};

restriction_list restriction_list::parse(std::string_view parameter, std::vector<std::string> const& words,
                                         default_access access, restriction_sources& sources) {
  restriction_list list;
  list.parameter_ = parameter;
  list.access_ = access;
  list_parser(list, words, sources, &sources).parse();
  return list;
}

restriction_list restriction_list::parse_answer(std::vector<std::string> const& words, default_access access,
                                                restriction_sources const& sources) {
  restriction_list list;
  list.access_ = access;
  list_parser(list, words, sources, nullptr).parse();
  return list;
}

std::vector<std::string> restriction_list::problems() const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < restrictions_.size(); ++i) {
    auto const& one = restrictions_[i];
    if (!one.trouble.empty()) out.push_back(fmt::format("{}: {}", parameter_, one.trouble));
    if (one.row != nullptr && !one.row->instead.empty())
      out.push_back(fmt::format("{}: {} is a name of old: write {}", parameter_, one.text, one.row->instead));
    bool ends = one.row != nullptr && (one.row->name == "permit" || one.row->name == "reject");
    bool warned = i > 0 && iequals(restrictions_[i - 1].text, "warn_if_reject");
    if (ends && !warned && i + 1 < restrictions_.size())
      out.push_back(fmt::format("{}: {} after {} is never reached", parameter_, restrictions_[i + 1].text, one.text));
  }
  return out;
}

namespace {

// warn_if_reject takes the teeth out of what follows it.
bool stops_strangers(restriction_list const& list, unsigned depth) {
  constexpr unsigned depth_max = 20;
  bool warned = false;
  for (auto const& one : list.restrictions()) {
    if (!warned && one.row != nullptr && one.row->stops == stop::strangers) return true;
    if (!warned && one.inner != nullptr && depth < depth_max && stops_strangers(*one.inner, depth + 1)) return true;
    warned = one.row != nullptr && one.row->argument == argument_kind::next;
  }
  return false;
}

}  // namespace

bool stops_strangers(restriction_list const& list) { return stops_strangers(list, 0); }

}  // namespace postern::policy
