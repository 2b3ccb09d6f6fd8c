#pragma once
// Purpose: what a relocation did to one message.

#include "queue/location.hpp"
#include "queue/queue_id.hpp"

namespace postern::queue {

struct relocated_message {
  queue_id id;
  location from;
  location to;
};

}  // namespace postern::queue
