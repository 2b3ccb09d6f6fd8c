#pragma once
// Purpose: options as the programs that we replace take them: "-cpu DOM", "-uDOM", "-c -u DOM --", names among them.
// Errors: an option that is not in `known`, or lacks its value, is told on stderr and comes out as '?'.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::cli {

class short_options {
 public:
  struct option {
    char letter = '?';
    std::string value;
  };

  /// `known` as for getopt(3): a letter that takes a value has a colon behind it, one that may have it in the same word
  /// has two; a '+' in front: the first word that is no option ends them.
  short_options(std::string_view program, std::vector<std::string> const& words, std::string_view known)
      : program_(program), words_(words), known_(known) {}

  /// Empty at the end.
  std::optional<option> next();
  /// What is no option. Complete when next() was empty.
  std::vector<std::string> const& rest() const noexcept { return rest_; }

 private:
  option fail_on(char letter, std::string_view why);

  std::string program_;
  std::vector<std::string> words_;
  std::string known_;
  std::size_t word_ = 0;
  std::size_t letter_ = 0;  ///< in the word; 0: at its beginning
  std::vector<std::string> rest_;
};

/// What `-v` of a program of Cyrus SASL's shows; 0.
int print_sasl_version(std::string_view program);

}  // namespace postern::cli
