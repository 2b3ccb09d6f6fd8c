#pragma once
// Purpose: the configuration a program works with: values by parameter name, each with the place it comes from.
// Errors: load() fails when main.cf cannot be read or a parameter that Postern implements has a value that Postfix
//         would refuse too; with `tolerate_errors` it succeeds, diagnostics() tell, and the accessors give the default
//         instead. Asking for a name that no table declares is a bug and aborts.
// Units: duration() seconds, integer() of a size octets.
// Concurrency: a settings object never changes; copies are cheap and share it; any thread may read.
// Limits: files of 4 MiB, values of 1 MiB, expansions of 1 MiB and 100 levels (expand.hpp).
// Security: `!pattern`, `/file/name` and `type:table` entries of a list are handed on as written; whoever matches
//           against the list (policy, maps) opens them.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/host_facts.hpp"
#include "config/main_cf.hpp"
#include "config/origin.hpp"
#include "config/parameter.hpp"

namespace postern::config {

enum class severity { note, warning, error };

struct diagnostic {
  severity level = severity::warning;
  origin where;
  std::string text;    ///< what is wrong, a sentence without a full stop
  std::string remedy;  ///< what to do; may be empty
  std::string name;    ///< the parameter it is about; may be empty

  /// "FILE:LINE: TEXT; REMEDY".
  std::string line() const;
};

/// One name=value that takes precedence over main.cf.
struct override_value {
  std::string name;
  std::string value;
  origin where{origin::kind::command_line, {}, 0};
};

struct load_request {
  std::string config_dir = {};  ///< holds main.cf; empty: private_dir/etc, else default_config_dir()
  std::vector<override_value> overrides = {};
  std::string private_dir = {};  ///< --dir: every directory that Postern writes to is forced below it
  bool main_cf_may_be_missing = false;
  bool tolerate_errors = false;                               ///< for `postern check` and `postern conf`
  std::string program = {};                                   ///< $process_name
  std::string service = {};                                   ///< $service_name
  std::function<host_facts()> detect_host = read_host_facts;  ///< asked once, when a value needs it
};

/// $MAIL_CONFIG, else /etc/postern when it has a main.cf, else /etc/postfix.
std::string default_config_dir();

/// The words of a list value: separated by commas and white space, "{ … }" groups kept whole with their braces.
std::vector<std::string> split_list(std::string_view value);

class settings {
 public:
  static result<settings> load(load_request const& request);
  /// From text instead of a file; for tests and for what was not saved yet.
  static result<settings> load_text(std::string_view main_cf, load_request const& request);

  /// $-expanded, leading and trailing white space removed.
  std::string text(std::string_view name) const;
  bool boolean(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;  ///< integer and size
  std::chrono::seconds duration(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;

  /// As written, or the default as the table has it; not expanded.
  std::string raw(std::string_view name) const;
  /// True when main.cf, master.cf or the command line gives a value; user-defined names may be asked for too.
  bool is_set(std::string_view name) const;
  origin where(std::string_view name) const;
  /// The value as raw() gives it, for any name: empty optional when nothing sets or declares it.
  std::optional<std::string> find_raw(std::string_view name) const;
  /// What the value is when nothing sets it, not expanded; empty optional for names that no table declares.
  std::optional<std::string> find_default(std::string_view name) const;

  /// Expands any text ("$myhostname ESMTP") with these settings.
  result<std::string> expand(std::string_view text) const;

  /// These settings with some values replaced; what master.cf's `-o` and `stress` need. Never fails: bad values are
  /// in diagnostics() and the default stands in for them.
  settings with(std::vector<override_value> const& overrides) const;

  std::vector<diagnostic> const& diagnostics() const;
  /// True when a diagnostic is an error.
  bool has_errors() const;

  std::string const& config_dir() const;
  std::string const& private_dir() const;  ///< empty for a system service
  /// What main.cf says, in the order of the file, later duplicates in the place of the last one.
  std::vector<main_cf_entry> const& main_cf_entries() const;

 private:
  struct state;
  explicit settings(std::shared_ptr<state const> shared) : state_(std::move(shared)) {}
  static result<settings> build(main_cf const& file, std::string const& path, load_request const& request);
  /// The expanded value when it expands and fits the row; otherwise that of the default.
  std::string checked(std::string_view name) const;
  std::shared_ptr<state const> state_;
};

}  // namespace postern::config
