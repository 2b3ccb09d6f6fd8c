#pragma once
// Purpose: somebody who can say whether a plaintext password is right: getpwent, shadow, pam, ldap, rimap, …; one file
//          each in auth/backend/. saslauthd serves them over the mux socket; authd asks saslauthd.
// Errors: an answer, never an exception. What is wrong with the backend itself is `unavailable`, not `no`.
// Concurrency: check() blocks; one object, one thread at a time. Each worker makes its own (make_backend()).
// Limits: every backend has a deadline of its own; nothing waits for ever.
// Security: `reply` may go to whoever asked on the socket, `detail` is for the log; neither ever holds a password or
//           hash.
// Source: Cyrus SASL 2.1.28's saslauthd for mechanism names and reply texts.

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::auth {

struct password_question {
  std::string login;
  secret password;
  std::string service;         ///< "smtp", "imap"
  std::string realm;           ///< may be empty
  std::string client_address;  ///< "192.0.2.7;51234", without port, or empty
};

struct password_answer {
  enum class code {
    yes,
    no,
    unavailable,  ///< nobody can say now
  } outcome = code::no;
  std::string reply;   ///< saslauthd's text behind "OK " or "NO ": "Incorrect password", …; may be empty
  std::string detail;  ///< for the log: why, with file, host or error; may be empty
  std::chrono::milliseconds delay{0};  ///< the asker hears it no sooner: PAM's fail delay, served without a worker
};

class password_backend {
 public:
  virtual ~password_backend() = default;
  virtual password_answer check(password_question const& question) = 0;
};

struct backend_options {
  std::string argument;                         ///< saslauthd -O: rimap's host, a configuration file, sasldb's path
  std::string host_name;                        ///< this machine's, sasldb's default realm
  std::chrono::milliseconds time_limit{10000};  ///< of one question, where the backend's own configuration has none
};

struct backend_row {
  std::string_view name;  ///< "pam"; case does not matter
  std::string_view meaning;
  /// check() takes microseconds: it may be called on the loop's thread.
  bool quick = false;
  /// Reads its configuration; a failure names the file, the line and what to do.
  result<std::unique_ptr<password_backend>> (*make)(backend_options const& options);
};

/// In the order in which saslauthd -v names them. backend_table.cpp holds the rows.
std::span<backend_row const> password_backends();
backend_row const* find_password_backend(std::string_view name);

}  // namespace postern::auth
