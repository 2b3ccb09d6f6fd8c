#pragma once
// Purpose: `postern conf`, also installed as postconf: shows and edits main.cf and master.cf with postconf(1)'s options
//          and output. Text in, text out: what it prints is returned, only the configuration files are touched.
// Errors: exit status 0, or 1 after a "fatal:" line; warnings on stderr name file and line and do not change the
//         status.
// Durability: an edit writes a temporary file, syncs it and renames it into place, so a reader sees the old file or the
//             new one; comments and the order of entries stay.

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "config/master_cf.hpp"
#include "config/settings.hpp"

namespace postern::config {

struct postconf_output {
  int status = 0;
  std::string out;  ///< for stdout
  std::string err;  ///< for stderr
};

struct postconf_input {
  std::vector<std::string> args;  ///< behind the command's name
  std::string program = "postconf";
  std::string config_dir = {};
  std::string private_dir = {};
};

postconf_output run_postconf(postconf_input const& input);

/// What the options ask for.
struct postconf_options {
  enum class subject { main_cf, services, fields, service_parameters };
  enum class action { show, edit, comment_out, remove };
  subject about = subject::main_cf;
  action what = action::show;
  bool defaults = false;    ///< -d
  bool only_set = false;    ///< -n
  bool hide_names = false;  ///< -h
  bool only_names = false;  ///< -H
  bool expand = false;      ///< -x
  bool fold = false;        ///< -f
  bool explain = false;     ///< --explain
  bool manual = false;      ///< --manual
  bool help = false;        ///< --help
  std::string config_dir;
  std::vector<override_value> overrides;  ///< -o
  std::vector<std::string> operands;
};
result<postconf_options> parse_postconf_options(std::vector<std::string> const& args);

/// White space as postconf shows it: one space between words.
std::string collapse_spaces(std::string_view text);

// Parts of run_postconf(), one file each.
result<> show_main_cf(postconf_options const& options, settings const& configured, master_cf const& services,
                      postconf_output& out);
result<> show_master_cf(postconf_options const& options, settings const& configured, master_cf const& services,
                        postconf_output& out);
std::string format_explanation(settings const& configured, std::string_view name);
std::string format_manual();

/// main.cf with some parameters set, commented out or removed.
result<std::string> edit_main_cf(std::string_view text, postconf_options::action what,
                                 std::vector<std::string> const& operands, std::string& warnings);

/// master.cf with entries, fields or -o parameters changed.
result<std::string> edit_master_cf(std::string_view text, postconf_options const& options, std::string& warnings);

/// "smtp inet n - n - - smtpd -o a=b": the columns as `postconf -M` aligns them. `words` are the fields of an entry.
std::string format_service(std::vector<std::string> const& words, bool fold);

/// A service's words behind the command, each -o with its name=value together.
struct service_option {
  bool is_override = false;
  std::string name;  ///< of an override
  std::string text;  ///< the value of an override, or the word itself
};
std::vector<service_option> parse_service_options(std::vector<std::string> const& words);

/// Splits one logical line of master.cf into words, "{ … }" kept together.
std::vector<std::string> split_service_words(std::string_view line);

/// "name/type" is what patterns of -M, -F and -P are matched against; "*" matches anything.
bool matches_service(std::vector<std::string> const& words, std::string_view name, std::string_view type);

/// Replaces a file as a whole; keeps its owner and mode.
result<> replace_file(std::string const& path, std::string_view text);

inline constexpr std::array service_field_names{"service", "type",   "private",       "unprivileged",
                                                "chroot",  "wakeup", "process_limit", "command"};

}  // namespace postern::config
