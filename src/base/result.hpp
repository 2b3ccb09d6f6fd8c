#pragma once
// Purpose: the one way a function says that it failed without being wrong: std::expected with a sentence for people.
// Errors: a `failure` names what, where and what to do; `system_error` is the errno behind it, 0 when there is none.
//         Layers whose callers must tell failures apart define an error type of their own.

#include <expected>
#include <string>
#include <system_error>
#include <utility>

namespace postern {

struct failure {
  std::string text;      ///< a sentence for the administrator; never holds a secret
  int system_error = 0;  ///< errno, 0 when no system call failed
};

template <class T = void>
using result = std::expected<T, failure>;

/// A failure with no errno behind it.
inline std::unexpected<failure> fail(std::string text) { return std::unexpected(failure{std::move(text), 0}); }

/// A failure of a system call: appends ": <strerror>" to the text and keeps the errno.
inline std::unexpected<failure> fail_errno(std::string text, int error_number) {
  return std::unexpected(failure{std::move(text) + ": " + std::generic_category().message(error_number), error_number});
}

}  // namespace postern
