#pragma once
// Purpose: the lines of a server's log, wherever it writes: maillog_file, the file of a private directory, the journal
//          (journalctl), /var/log/mail.log.
// Errors: nowhere to read from is a failure that says what to do.
// Limits: lines over line_octets_max are cut; journalctl may be silent for journal_silence at most.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "config/settings.hpp"

namespace postern::admin {

inline constexpr std::size_t line_octets_max = 16384;
inline constexpr auto journal_silence = std::chrono::seconds(60);

using line_reader = std::function<void(std::string_view line)>;

/// A file, or "-" for standard input.
result<> read_log_file(std::string const& path, line_reader const& on_line);

/// Where these settings log to; `since` saves reading an old journal.
result<> read_server_log(config::settings const& settings, std::optional<wall_time> since, line_reader const& on_line);

}  // namespace postern::admin
