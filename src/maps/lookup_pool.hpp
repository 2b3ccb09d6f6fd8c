#pragma once
// Purpose: asks tables that block (lookup.hpp) in threads of its own.
// Concurrency: ask() from one thread; `told` is called in a thread of the pool: post it to where it belongs.
// Limits: `workers` questions under way, `waiting_max` waiting; beyond that the answer is a failure at once. A table's
//         own deadline bounds a question (tables have one each).

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "maps/lookup.hpp"

namespace postern::maps {

class lookup_pool {
 public:
  lookup_pool(std::size_t workers, std::size_t waiting_max);
  /// Waits for the questions under way; those that wait are answered with a failure.
  ~lookup_pool();
  lookup_pool(lookup_pool const&) = delete;
  lookup_pool& operator=(lookup_pool const&) = delete;

  /// Each worker opens its own table of that name with the first question about it and keeps it.
  void ask(question asked, std::function<void(answer)> told);

 private:
  struct shared;
  std::shared_ptr<shared> shared_;
};

}  // namespace postern::maps
