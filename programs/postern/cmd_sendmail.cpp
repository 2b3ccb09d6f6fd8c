// postern sendmail, and sendmail and newaliases by their names: hands mail in at the local door, as sendmail(1) does.
#include <poll.h>
#include <sysexits.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

#include "base/text.hpp"
#include "os/users.hpp"
#include "receive/local_submission.hpp"

#include "admin/local_door.hpp"
#include "programs/postern/commands.hpp"
#include "programs/postern/run_masterd.hpp"
#include "programs/postern/sendmail_options.hpp"

namespace postern::cli {
namespace {

int fail_with(int status, std::string_view text) {
  fmt::print(stderr, "sendmail: fatal: {}\n", text);
  return status;
}

struct user_facts {
  std::string name;       ///< of the account
  std::string full_name;  ///< out of the comment field
};

user_facts find_user_facts() {
  user_facts out{os::format_user(::getuid()), os::find_full_name(::getuid())};
  if (auto const* name = std::getenv("NAME"); name != nullptr && *name != '\0') out.full_name = name;
  return out;
}

// sendmail's errors name whose message it is.
std::string whose(std::string_view sender, std::string_view text) {
  return fmt::format("{}({}): {}", sender.empty() ? "<>" : printable(sender), ::getuid(), text);
}

admin::line_endings parse_line_endings(std::string_view word) {
  if (word == "never") return admin::line_endings::never;
  return word == "strict" ? admin::line_endings::strict : admin::line_endings::always;
}

result<> read_standard_input(admin::handed_message& into) {
  std::array<char, 64U << 10U> buffer{};
  for (;;) {
    auto const got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("standard input", errno);
    if (got == 0) break;
    auto const more = into.feed({buffer.data(), static_cast<std::size_t>(got)});
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
  }
  return into.finish();
}

int submit(sendmail_options const& options, config::settings const& settings) {
  auto const user = find_user_facts();
  admin::handed_envelope envelope{.sender = user.name, .notify = options.notify, .ret = options.ret};
  envelope.envelope_id = options.envelope_id;
  if (options.sender) {
    auto const senders = admin::parse_handed_addresses(*options.sender);
    if (senders.size() != 1) {
      fmt::print(stderr, "sendmail: warning: -f option specified malformed sender: {}\n", printable(*options.sender));
    }
    envelope.sender = senders.empty() ? std::string() : senders.front();
  }
  for (auto const& word : options.words) {
    for (auto& address : admin::parse_handed_addresses(word)) {
      if (address.empty()) return fail_with(EX_DATAERR, whose(envelope.sender, "an empty recipient address"));
      envelope.recipients.push_back(std::move(address));
    }
  }
  if (envelope.recipients.empty() && !options.from_header) {
    return fail_with(EX_USAGE, whose(envelope.sender,
                                     "Recipient addresses must be specified on the command line or via "
                                     "the -t option"));
  }
  admin::handed_rules rules{.dot_ends = options.dot_ends};
  rules.ends = parse_line_endings(settings.text("sendmail_fix_line_endings"));
  rules.size_limit = static_cast<std::uint64_t>(settings.integer("message_size_limit"));
  auto const name = options.name.value_or(user.full_name);
  if (!name.empty() && !envelope.sender.empty()) rules.from = admin::format_mailbox(name, envelope.sender);
  admin::handed_message message(std::move(rules));
  if (auto read = read_standard_input(message); !read) {
    return fail_with(message.too_large() ? EX_UNAVAILABLE : EX_TEMPFAIL, whose(envelope.sender, read.error().text));
  }
  if (options.from_header) {
    for (auto const& address : message.recipients()) envelope.recipients.push_back(address);
    if (envelope.recipients.empty()) {
      return fail_with(EX_DATAERR, whose(envelope.sender, "No recipient addresses found in message header"));
    }
  }
  envelope.eight_bit = options.eight_bit || message.has_eight_bit();
  auto door =
      admin::local_door::open(settings.text("queue_directory") + "/" + receive::local_submission_socket(settings));
  auto const handed = door ? door->hand_in(envelope, message) : std::unexpected(door.error());
  if (!handed) return fail_with(handed.error().status, whose(envelope.sender, handed.error().text));
  return EX_OK;
}

int speak_smtp(config::settings const& settings) {
  auto door =
      admin::local_door::open(settings.text("queue_directory") + "/" + receive::local_submission_socket(settings));
  auto const done = door ? door->pass_through(STDIN_FILENO, STDOUT_FILENO) : std::unexpected(door.error());
  return done ? EX_OK : fail_with(done.error().status, done.error().text);
}

int run(command_line line, sendmail_options const& options) {
  using work = sendmail_options::work;
  switch (options.what) {
    case work::list_queue:
      line.program = "mailq";
      line.args.clear();
      return cmd_queue(line);
    case work::flush_queue:
      line.args = {"flush"};
      if (!options.flush.empty()) line.args.push_back(options.flush);
      return cmd_queue(line);
    case work::make_aliases:
      line.args.clear();
      return cmd_newaliases(line);
    case work::submit:
    case work::speak_smtp:
      break;
  }
  auto const settings = load_server_settings(decide_server(line));
  if (!settings) return fail_with(EX_CONFIG, settings.error().text);
  return options.what == work::submit ? submit(options, *settings) : speak_smtp(*settings);
}

}  // namespace

int cmd_sendmail(command_line const& given) {
  auto line = given;
  if (line.args.size() > 1 && line.args[0] == "--dir") {
    line.dir = line.args[1];
    line.args.erase(line.args.begin(), line.args.begin() + 2);
  }
  auto const options = parse_sendmail_options(line.args);
  if (!options) return fail_with(options.error().status, options.error().text);
  for (auto const& warning : options->warnings) fmt::print(stderr, "sendmail: warning: {}\n", warning);
  line.config_dir = options->config_dir;
  auto const* from_environment = std::getenv("MAIL_CONFIG");
  if (line.config_dir.empty() && line.dir.empty() && from_environment != nullptr) line.config_dir = from_environment;
  return run(std::move(line), *options);
}

// The files of alias_database, made by postalias.
int cmd_newaliases(command_line const& given) {
  auto const settings = load_server_settings(decide_server(given));
  if (!settings) return fail_with(EX_CONFIG, settings.error().text);
  auto line = given;
  line.program = "postalias";
  line.args = settings->list("alias_database");
  return line.args.empty() ? EX_OK : cmd_postalias(line);
}

}  // namespace postern::cli
