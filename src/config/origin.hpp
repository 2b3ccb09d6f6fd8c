#pragma once
// Purpose: where a setting comes from, for every message about it.

#include <string>

namespace postern::config {

struct origin {
  enum class kind { built_in, detected, main_cf, master_cf, command_line, private_dir };
  kind from = kind::built_in;
  std::string file;   ///< main_cf, master_cf: the path as opened
  unsigned line = 0;  ///< 1-based; 0 when there is none

  /// "/etc/postfix/main.cf:12", "built-in default", "detected", "-o", "--dir".
  std::string text() const;
};

}  // namespace postern::config
