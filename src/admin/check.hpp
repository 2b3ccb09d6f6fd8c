#pragma once
// Purpose: looks at a configuration and at the machine it is for, and names errors and risks with file, line and
//          remedy. `postern check` prints them.
// Errors: a configuration that cannot be read at all is a failure; everything else is a finding.
// Concurrency: blocks (files, sockets); each wait on a socket has a deadline of socket_limit.
// Security: reads keys to compare them with their certificates; nothing of a key is shown.

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/master_cf.hpp"
#include "config/settings.hpp"

#include "admin/remark.hpp"

namespace postern::admin {

inline constexpr auto socket_limit = std::chrono::seconds(5);

struct finding {
  config::origin where;
  remark said;
};

/// "FILE:LINE: warning: TEXT; REMEDY"; what comes from no file is said of `fallback_file`.
std::string format_finding(finding const& one, std::string const& fallback_file);

/// A service of master.cf that our smtpd serves, with the settings that its -o make.
struct smtpd_service {
  config::service_entry const* entry = nullptr;
  config::settings settings;
};

/// What the checks look at, and where they write.
class check_context {
 public:
  check_context(config::settings settings, config::master_cf services);

  config::settings const& settings() const noexcept { return settings_; }
  config::master_cf const& master_cf() const noexcept { return services_; }
  std::vector<smtpd_service> const& smtpd_services() const noexcept { return smtpd_services_; }
  bool server_runs() const noexcept { return server_runs_; }

  void add(gravity level, config::origin where, std::string text, std::string remedy = {});
  /// Where `service` gets that parameter from: the line to change.
  static config::origin where(smtpd_service const& service, std::string_view parameter);
  /// The findings in the order of their files and lines, each once, however many services share it.
  std::vector<finding> take_findings();

 private:
  config::settings settings_;
  config::master_cf services_;
  std::vector<smtpd_service> smtpd_services_;
  std::vector<finding> findings_;
  bool server_runs_ = false;
};

/// One row of the table of checks.
struct check {
  std::string_view name;
  std::string_view looks_for;
  void (*run)(check_context& context);
};
std::span<check const> all_checks();

/// Loads the configuration as the programs would and runs every check.
result<std::vector<finding>> run_checks(config::load_request const& request);

}  // namespace postern::admin
