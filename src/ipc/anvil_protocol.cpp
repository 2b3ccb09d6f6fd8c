#include "ipc/anvil_protocol.hpp"

#include <array>

#include "ipc/codec.hpp"

namespace postern::ipc {
namespace {

constexpr std::uint16_t first_answer_type = 101;

// Each message's fields in order, for both directions: `visit` either puts or takes them.
template <class Visit>
void visit_fields(anvil_hello& of, Visit const& visit) {
  visit(of.version, of.pid);
}
template <class Visit>
void visit_fields(count_event& of, Visit const& visit) {
  visit(of.what, of.service, of.client);
}
template <class Visit>
void visit_fields(standing_clients& of, Visit const& visit) {
  visit(of.service, of.client, of.connections);
}
template <class Visit>
void visit_fields(client_left& of, Visit const& visit) {
  visit(of.service, of.client);
}
template <class Visit>
void visit_fields(window_query& of, Visit const& visit) {
  visit(of.address);
}
template <class Visit>
void visit_fields(window_opening& of, Visit const& visit) {
  visit(of.account, of.address, of.origin, of.time_s);
}
template <class Visit>
void visit_fields(window_closing& of, Visit const& visit) {
  visit(of.account, of.address, of.reason);
}
template <class Visit>
void visit_fields(window_use& of, Visit const& visit) {
  visit(of.account, of.address);
}
template <class Visit>
void visit_fields(login_query& of, Visit const& visit) {
  visit(of.account, of.address);
}
template <class Visit>
void visit_fields(login_report& of, Visit const& visit) {
  visit(of.account, of.address, of.accepted, of.secret_mark);
}
template <class Visit>
void visit_fields(account_use& of, Visit const& visit) {
  visit(of.account, of.address, of.recipients, of.country);
}
template <class Visit>
void visit_fields(account_query& of, Visit const& visit) {
  visit(of.account);
}
template <class Visit>
void visit_fields(account_release& of, Visit const& visit) {
  visit(of.account);
}
template <class Visit>
void visit_fields(client_counts& of, Visit const& visit) {
  visit(of.rate, of.connections);
}
template <class Visit>
void visit_fields(roaming_window& of, Visit const& visit) {
  visit(of.account, of.network, of.origin, of.opened_unix_s, of.expires_unix_s, of.uses);
}
template <class Visit>
void visit_fields(window_list& of, Visit const& visit) {
  visit(of.windows);
}
template <class Visit>
void visit_fields(login_delay& of, Visit const& visit) {
  visit(of.delay_ms, of.reason, of.quiet);
}
template <class Visit>
void visit_fields(account_verdict& of, Visit const& visit) {
  visit(of.hold, of.reason);
}
template <class Visit>
void visit_fields(account_row& of, Visit const& visit) {
  visit(of.account, of.held, of.reason, of.held_unix_s, of.messages_hour, of.messages_day, of.recipients_hour,
        of.recipients_day, of.new_recipients_hour, of.new_recipients_day, of.networks);
}
template <class Visit>
void visit_fields(account_list& of, Visit const& visit) {
  visit(of.accounts);
}
template <class Visit>
void visit_fields(anvil_done& of, Visit const& visit) {
  visit(of.ok, of.count, of.text);
}

struct putter {
  encoder& to;
  void put(std::uint64_t number) const { to.put(number); }
  void put(bool flag) const { to.put(flag); }
  void put(std::string& text) const { to.put(text); }
  void put(client_event what) const { to.put(static_cast<std::uint64_t>(what)); }
  template <class Element>
  void put(std::vector<Element>& list) const {
    to.put(std::uint64_t{list.size()});
    for (auto& one : list) put(one);
  }
  template <class Record>
  void put(Record& record) const {
    visit_fields(record, *this);
  }
  template <class... Fields>
  void operator()(Fields&... fields) const {
    (put(fields), ...);
  }
};

struct taker {
  decoder& from;
  bool& bad;
  void take(std::uint64_t& number) const { number = from.take_number(); }
  void take(bool& flag) const { flag = from.take_flag(); }
  void take(std::string& text) const { text = from.take_text(); }
  void take(client_event& what) const {
    auto const number = from.take_number();
    if (number >= client_event_kinds) {
      bad = true;
      return;
    }
    what = static_cast<client_event>(number);
  }
  template <class Element>
  void take(std::vector<Element>& list) const {
    for (auto left = from.take_count(); left > 0 && !from.bad(); --left) take(list.emplace_back());
  }
  template <class Record>
  void take(Record& record) const {
    visit_fields(record, *this);
  }
  template <class... Fields>
  void operator()(Fields&... fields) const {
    (take(fields), ...);
  }
};

template <class Variant>
message format(std::uint16_t first_type, std::uint64_t number, Variant body) {
  encoder out;
  out.put(number);
  std::visit([&](auto& one) { visit_fields(one, putter{out}); }, body);
  return {static_cast<std::uint16_t>(first_type + body.index()), out.take(), {}};
}

// The alternative of that index, empty.
template <class Variant, std::size_t... Index>
Variant make_alternative(std::size_t wanted, std::index_sequence<Index...>) {
  using maker = Variant (*)();
  static constexpr std::array<maker, sizeof...(Index)> makers{[] { return Variant(std::in_place_index<Index>); }...};
  return makers[wanted]();
}

template <class Variant>
result<numbered<Variant>> parse(std::uint16_t first_type, message const& in) {
  constexpr auto alternatives = std::variant_size_v<Variant>;
  if (in.type < first_type || in.type >= first_type + alternatives) return fail("unknown message on the anvil socket");
  decoder from(in.body);
  bool bad = false;
  numbered<Variant> out{from.take_number(),
                        make_alternative<Variant>(in.type - first_type, std::make_index_sequence<alternatives>())};
  std::visit([&](auto& one) { visit_fields(one, taker{from, bad}); }, out.body);
  if (bad || !from.good()) return fail("malformed message on the anvil socket");
  return out;
}

}  // namespace

message format_anvil_request(std::uint64_t number, anvil_request const& request) { return format(1, number, request); }

message format_anvil_answer(std::uint64_t number, anvil_answer const& answer) {
  return format(first_answer_type, number, answer);
}

result<numbered<anvil_request>> parse_anvil_request(message const& in) { return parse<anvil_request>(1, in); }

result<numbered<anvil_answer>> parse_anvil_answer(message const& in) {
  return parse<anvil_answer>(first_answer_type, in);
}

}  // namespace postern::ipc
