#include "os/shared_library.hpp"

#include <dlfcn.h>

#include <cstdlib>

#include <fmt/format.h>

#include "base/log.hpp"

namespace postern::os {

result<> shared_library::load() {
  if (handle_.load() != nullptr) return {};
  // At once: a program that is shut in cannot look for what is missing later.
  void* const opened = ::dlopen(name_, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (opened == nullptr) return fail(fmt::format("a library is missing: {}", ::dlerror()));
  handle_.store(opened);
  return {};
}

void* shared_library::find(char const* symbol) const {
  void* const handle = handle_.load();
  void* const found = handle != nullptr ? ::dlsym(handle, symbol) : nullptr;
  if (found == nullptr) {
    log::fatal("{} of {} is called and not there", symbol, name_);
    std::abort();
  }
  return found;
}

}  // namespace postern::os
