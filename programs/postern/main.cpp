// postern: the one command an administrator types; by the name it is called with also postconf, mailq, saslpasswd2 and
// sasldblistusers2.
#include <array>
#include <cstdio>
#include <functional>
#include <string_view>

#include <fmt/format.h>

#include "programs/postern/commands.hpp"

namespace {

using namespace postern::cli;

struct command {
  std::string_view name;
  int (*run)(command_line const&);
  std::string_view called_as;  ///< the program it also stands for
  std::string_view meaning;
  bool own_options = false;  ///< -c is not taken out: it has the options of the program it replaces
};

constexpr std::array commands{
    command{"up", cmd_up, "", "start a server in the foreground, everything it writes in --dir DIR"},
    command{"init", cmd_init, "", "write a safe configuration and a certificate"},
    command{"user", cmd_user, "", "make, change, lock, import accounts; app passwords"},
    command{"cert", cmd_cert, "", "client certificates for devices: issue, list, revoke"},
    command{"check", cmd_check, "", "look for errors and risks in configuration and system"},
    command{"access", cmd_access, "", "what the restriction lists would say to a client, and which of them decides"},
    command{"auth", cmd_auth, "", "test one login: each step, what is offered, who says no and why"},
    command{"probe", cmd_probe, "", "try login and relaying on any SMTP server"},
    command{"conf", cmd_conf, "postconf", "show and change parameters"},
    command{"queue", cmd_queue, "mailq", "list, show, flush, hold, release, delete messages"},
    command{"sendmail", cmd_sendmail, "sendmail", "hand a message in, as sendmail(1); exit status of sysexits.h", true},
    command{"newaliases", cmd_newaliases, "newaliases", "make the files of alias_database"},
    command{"roaming", cmd_roaming, "",
            "who may send after POP or IMAP: list, open, close; watch another server's log"},
    command{"trace", cmd_trace, "", "watch SMTP dialogues live, credentials masked"},
    command{"testsaslauthd", cmd_testsaslauthd, "testsaslauthd", "ask a saslauthd whether a password is right"},
    command{"map", cmd_postmap, "postmap", "make, ask, list and change lookup tables", true},
    command{"postalias", cmd_postalias, "postalias", "the same for alias files", true},
    command{"log", cmd_log, "", "list logins out of the log, each with its reason"},
    command{"status", cmd_status, "", "what runs"},
    command{"start", cmd_start, "", "start the system service"},
    command{"reload", cmd_reload, "", "take over a changed configuration without cutting a session"},
    command{"stop", cmd_stop, "", "stop gracefully"},
    command{"saslpasswd2", cmd_saslpasswd2, "saslpasswd2", "set and delete passwords in sasldb2", true},
    command{"sasldblistusers2", cmd_sasldblistusers2, "sasldblistusers2", "list the users of sasldb2", true},
};

int usage(std::FILE* to, int status) {
  fmt::print(to, "usage: postern COMMAND [--dir DIR | -c CONFDIR] [ARGUMENTS]\n\n");
  for (auto const& one : commands) fmt::print(to, "  {:<18}{}\n", one.name, one.meaning);
  fmt::print(to,
             "\n--dir DIR     the private directory of a server that `postern up --dir DIR` runs\n"
             "-c CONFDIR    the configuration directory of a system service\n");
  return status;
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// Takes `--dir DIR` and, unless -c is the command's own, `-c DIR` and `--config-dir DIR` (also with '=') out of the
// arguments.
bool take_common(std::vector<std::string>& words, bool own_options, command_line& line) {
  struct option {
    std::string_view name;
    std::string* into;
  };
  for (std::size_t i = 0; i < words.size();) {
    bool taken = false;
    for (auto [name, into] :
         {option{"--dir", &line.dir}, option{"-c", &line.config_dir}, option{"--config-dir", &line.config_dir}}) {
      if (own_options && name != "--dir") break;
      if (words[i] == name) {
        if (i + 1 == words.size()) return fmt::print(stderr, "postern: {} needs a directory\n", name), false;
        *into = words[i + 1];
        words.erase(words.begin() + static_cast<std::ptrdiff_t>(i), words.begin() + static_cast<std::ptrdiff_t>(i) + 2);
        taken = true;
        break;
      }
      if (name.starts_with("--") && words[i].starts_with(std::string(name) + "=")) {
        *into = words[i].substr(name.size() + 1);
        words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
        taken = true;
        break;
      }
    }
    if (!taken) ++i;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  command_line line;
  line.program = std::string(base_name(argv[0]));
  auto const* chosen = std::ranges::find(commands, std::string_view(line.program), &command::called_as);
  bool const by_name = chosen == commands.end();
  if (by_name && !words.empty()) chosen = std::ranges::find(commands, std::string_view(words[0]), &command::name);
  bool const own_options = chosen != commands.end() && chosen->own_options;
  // Called by the name of another's program it takes that program's options and no others.
  if ((by_name || !own_options) && !take_common(words, own_options, line)) return 2;
  if (by_name) {
    if (words.empty()) return usage(stderr, 2);
    if (words[0] == "help" || words[0] == "--help" || words[0] == "-h") return usage(stdout, 0);
    chosen = std::ranges::find(commands, std::string_view(words[0]), &command::name);
    if (chosen == commands.end()) {
      fmt::print(stderr, "postern: there is no command '{}'; `postern help` lists them\n", words[0]);
      return 2;
    }
    words.erase(words.begin());
  }
  line.args = std::move(words);
  return chosen->run(line);
}
