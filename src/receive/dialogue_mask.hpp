#pragma once
// Purpose: what a watcher may see of a client's line.
// Security: nothing that may be a part of a login is shown: not the responses, not an initial response, and, once AUTH
//           was said, no line that is not a command: a client that missed a refusal sends its password there.

#include <string>
#include <string_view>

namespace postern::receive {

class dialogue_mask {
 public:
  /// `is_response`: the line answers a challenge of AUTH. The text is printable.
  std::string apply(std::string_view line, bool is_response);
  /// For a line that nobody sees: somebody may begin to watch in the middle of a login. Cheap.
  void pass_over(std::string_view line);

 private:
  bool auth_was_said_ = false;
};

}  // namespace postern::receive
