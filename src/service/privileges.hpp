#pragma once
// Purpose: programs/PRIVILEGES as values: what each program may do, built into every program.
// Layout: docs/protocols/supervision.md; one line a program, columns between '|'.
// Security: this table is the whole policy: masterd hands down and the sandbox allows what stands here and nothing
//           else.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "os/capability.hpp"
#include "os/sandbox.hpp"

namespace postern::service {

enum class process_count : std::uint8_t {
  one,    ///< one process; on a reload the new one starts before the old one ends
  asked,  ///< likewise, started when somebody connects
  sole,   ///< never two at once
  cores,  ///< as many as the processors and maxproc allow
};

struct privileges {
  std::string program;
  bool user_root = false;                          ///< keeps user 0 in a system service; else it runs as mail_owner
  std::optional<os::capability_set> capabilities;  ///< of user 0: these alone; empty: all
  process_count processes = process_count::one;
  std::vector<std::string> listens;   ///< UNIX sockets below queue_directory that it always serves
  std::vector<std::string> connects;  ///< UNIX sockets below queue_directory that it may connect to
  std::vector<std::string> reads;     ///< paths, or $parameters that hold paths or type:path tables
  std::vector<std::string> writes;    ///< likewise
  std::vector<std::string> secrets;   ///< parameters that name files which masterd opens for it
  os::tcp_rules tcp;
  std::vector<os::syscall_set> syscalls;  ///< empty: no sandbox (masterd)
};

result<std::vector<privileges>> parse_privileges(std::string_view table);

/// The built-in table.
std::span<privileges const> all_privileges();
/// The row of a program; nullptr when it has none.
privileges const* find_privileges(std::string_view program);

/// The files that the words of a column mean under these settings: "/path", "$parameter", "type:/path" tables with the
/// file that really is on disk. Relative and empty values are left out.
std::vector<std::string> expand_paths(std::span<std::string const> words, config::settings const& settings);

os::sandbox_rules make_sandbox_rules(privileges const& row, config::settings const& settings);

/// The files named by the row's secrets, each once.
std::vector<std::string> list_secret_files(privileges const& row, config::settings const& settings);

}  // namespace postern::service
