#pragma once
// Purpose: a library that is loaded when something is named that needs it, so that a program whose configuration names
//          nothing of it does not carry it. Its functions look and are called like the library's own.
// Errors: load() says what is missing; to call a function before load() is a bug.
// Concurrency: any thread.
// Limits: what is loaded stays.
// Security: by its name alone, from the system's places. A program that is shut in has loaded it before: whoever asks
//           for what the library needs (ask_for_…) loads it.
// Source: dlopen(3), dlsym(3)

#include <atomic>

#include "base/result.hpp"

namespace postern::os {

class shared_library {
 public:
  /// The name with the version of its interface, as in its DT_SONAME: "libpq.so.5".
  constexpr explicit shared_library(char const* name) noexcept : name_(name) {}
  shared_library(shared_library const&) = delete;
  shared_library& operator=(shared_library const&) = delete;
  constexpr ~shared_library() = default;

  /// Cheap once it is loaded.
  result<> load();
  /// Aborts when the library is not loaded, or does not have it. Libraries that it needs itself are searched, too.
  void* find(char const* symbol) const;

 private:
  char const* name_;
  std::atomic<void*> handle_ = nullptr;
};

/// Where a function was found.
class library_symbol {
 public:
  constexpr library_symbol(shared_library const& from, char const* name) noexcept : from_(from), name_(name) {}

  void* address() const {
    void* known = found_.load(std::memory_order_relaxed);
    if (known == nullptr) found_.store(known = from_.find(name_), std::memory_order_relaxed);
    return known;
  }

 private:
  shared_library const& from_;
  char const* name_;
  mutable std::atomic<void*> found_ = nullptr;
};

/// One function, by the type that its header gives it: library_function<decltype(::PQfinish)>.
template <class Function>
class library_function;

template <class Result, class... Arguments>
class library_function<Result(Arguments...)> : library_symbol {
 public:
  using library_symbol::library_symbol;
  Result operator()(Arguments... arguments) const {
    return reinterpret_cast<Result (*)(Arguments...)>(address())(arguments...);
  }
};

template <class Result, class... Arguments>
class library_function<Result(Arguments..., ...)> : library_symbol {
 public:
  using library_symbol::library_symbol;
  template <class... More>
  Result operator()(Arguments... arguments, More... more) const {
    return reinterpret_cast<Result (*)(Arguments..., ...)>(address())(arguments..., more...);
  }
};

}  // namespace postern::os
