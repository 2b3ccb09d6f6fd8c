#pragma once
// Purpose: what the tests of this folder share.

#include <filesystem>
#include <string>
#include <vector>

#include "config/settings.hpp"

namespace postern::config::testing {

inline host_facts make_host() {
  return {"mx.example.org",
          {{*ip_address::parse("127.0.0.1"), 8},
           {*ip_address::parse("192.0.2.17"), 24},
           {*ip_address::parse("::1"), 128},
           {*ip_address::parse("2001:db8::17"), 64}}};
}

inline load_request make_request() {
  load_request request;
  request.config_dir = "/nonexistent";
  request.tolerate_errors = true;
  request.detect_host = make_host;
  return request;
}

inline settings load(std::string_view text) { return *settings::load_text(text, make_request()); }

/// The lines of all problems at or over a severity.
inline std::vector<std::string> problems_of(settings const& configured, severity at_least = severity::warning) {
  std::vector<std::string> lines;
  for (auto const& problem : configured.diagnostics()) {
    if (problem.level >= at_least) lines.push_back(problem.line());
  }
  return lines;
}

/// tests/data of the source tree.
inline std::string data_dir() {
  return (std::filesystem::path(__FILE__).parent_path() / "../../tests/data").lexically_normal().string();
}

/// A directory of its own, removed at the end.
class scratch_dir {
 public:
  scratch_dir() : path_((std::filesystem::temp_directory_path() / "postern-config-XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  scratch_dir(scratch_dir const&) = delete;
  scratch_dir& operator=(scratch_dir const&) = delete;
  ~scratch_dir() { std::filesystem::remove_all(path_); }
  std::string const& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace postern::config::testing
