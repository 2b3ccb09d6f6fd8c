#pragma once
// Purpose: asks the running qmgr over public/qmgr-admin; for commands, so it blocks until the answer is there.
// Limits: answer_limit without a sign of life.

#include <functional>
#include <string>

#include "base/result.hpp"
#include "ipc/admin_protocol.hpp"

namespace postern::delivery {

struct queue_answers {
  std::function<void(ipc::queue_row const&)> on_row;
  std::function<void(std::string const&)> on_text;
};

result<ipc::admin_done> ask_queue(std::string const& socket_path, ipc::admin_request const& request,
                                  queue_answers const& answers);

}  // namespace postern::delivery
