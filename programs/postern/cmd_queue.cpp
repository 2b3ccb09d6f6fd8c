// postern queue, and mailq: looks into the queue of the running server and changes it.
#include <cstdio>

#include <fmt/format.h>

#include "delivery/queue_client.hpp"
#include "delivery/queue_listing.hpp"

#include "programs/postern/commands.hpp"
#include "programs/postern/run_masterd.hpp"

namespace postern::cli {
namespace {

constexpr char usage_text[] =
    "usage: postern queue [list]\n"
    "       postern queue show ID\n"
    "       postern queue flush [ID | NEXTHOP | ALL]\n"
    "       postern queue hold | release | delete  ID… | ALL\n";

struct verb_row {
  std::string_view word;
  ipc::queue_verb verb;
  std::string_view past;
  bool needs_subject;
};
constexpr verb_row verbs[] = {
    {"list", ipc::queue_verb::list, "", false},
    {"show", ipc::queue_verb::show, "", true},
    {"flush", ipc::queue_verb::flush, "will be tried now", false},
    {"hold", ipc::queue_verb::hold, "put on hold", true},
    {"release", ipc::queue_verb::release, "released", true},
    {"delete", ipc::queue_verb::remove, "deleted", true},
};

int usage() { return fmt::print(stderr, "{}", usage_text), 2; }

result<std::string> find_socket(command_line const& line) {
  auto settings = load_server_settings(decide_server(line));
  if (!settings) return std::unexpected(settings.error());
  return settings->text("queue_directory") + "/public/qmgr-admin";
}

struct printer {
  bool as_mailq = false;
  std::uint64_t messages = 0;
  std::uint64_t octets = 0;

  void row(ipc::queue_row const& one) {
    if (as_mailq && messages == 0) fmt::print("{}", delivery::format_mailq_header());
    ++messages;
    octets += one.octets;
    fmt::print("{}", as_mailq ? delivery::format_mailq_row(one)
                              : delivery::format_listing_row(one, std::chrono::system_clock::now()));
  }
  void footer() const {
    if (as_mailq) {
      fmt::print("{}", delivery::format_mailq_footer(messages, octets));
    } else if (messages == 0) {
      fmt::print("the queue is empty\n");
    } else {
      fmt::print("{} message{}\n", messages, messages == 1 ? "" : "s");
    }
  }
};

int report(result<ipc::admin_done> const& done) {
  if (done && done->ok) return 0;
  fmt::print(stderr, "postern queue: {}\n", done ? done->text : done.error().text);
  return 1;
}

int list(std::string const& socket, bool as_mailq) {
  printer to{as_mailq};
  delivery::queue_answers answers{.on_row = [&](auto const& row) { to.row(row); }, .on_text = {}};
  auto status = report(delivery::ask_queue(socket, {ipc::queue_verb::list, {}}, answers));
  if (status == 0) to.footer();
  return status;
}

int show(std::string const& socket, std::string const& id) {
  delivery::queue_answers answers{
      .on_row =
          [](auto const& row) { fmt::print("{}", delivery::format_details(row, std::chrono::system_clock::now())); },
      .on_text = [](auto const& text) { fmt::print("header section:\n{}", text); }};
  return report(delivery::ask_queue(socket, {ipc::queue_verb::show, id}, answers));
}

int change(std::string const& socket, verb_row const& verb, std::vector<std::string> subjects) {
  if (subjects.empty()) subjects.emplace_back("ALL");
  int status = 0;
  for (auto const& subject : subjects) {
    auto done = delivery::ask_queue(socket, {verb.verb, subject}, {});
    status = std::max(status, report(done));
    if (done && done->ok) fmt::print("{} message{} {}\n", done->count, done->count == 1 ? "" : "s", verb.past);
  }
  return status;
}

}  // namespace

int cmd_queue(command_line const& line) {
  bool as_mailq = line.program == "mailq";
  auto args = line.args;
  if (as_mailq || args.empty()) args.insert(args.begin(), "list");
  auto const* verb = std::ranges::find(verbs, args[0], &verb_row::word);
  if (verb == std::end(verbs)) return usage();
  args.erase(args.begin());
  if (verb->needs_subject && args.empty()) return usage();
  auto socket = find_socket(line);
  if (!socket) return report(std::unexpected(socket.error()));
  if (verb->verb == ipc::queue_verb::list) return list(*socket, as_mailq);
  if (verb->verb == ipc::queue_verb::show) return args.size() == 1 ? show(*socket, args[0]) : usage();
  return change(*socket, *verb, std::move(args));
}

}  // namespace postern::cli
