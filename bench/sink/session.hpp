#pragma once
// Purpose: one SMTP server connection of the sink. It checks nothing: who speaks to it is a server under test.
// Limits: none on lines and messages; content is dropped as it comes.

#include <cstdio>

#include "bench/common/wire.hpp"
#include "bench/sink/counters.hpp"

namespace postern::bench {

/// What the sessions of a process share.
struct sink_context {
  sink_counters& counters;
  SSL_CTX* tls = nullptr;  ///< null: no STARTTLS; not owned
  FILE* ids = nullptr;     ///< not owned
};

class sink_session {
 public:
  sink_session(sink_context& context, os::unique_fd fd);

  /// Goes on as far as it can; false when the connection is over.
  bool on_ready();
  int fd() const noexcept { return wire_.fd(); }

 private:
  void on_input();
  void on_command(std::string_view line);
  void on_ehlo();
  void on_auth(std::string_view line);
  void begin_tls();
  bool take_content();
  void note_id();

  sink_context& context_;
  wire wire_;
  bool in_content_ = false;
  bool in_auth_ = false;
  bool secured_ = false;
  bool begin_tls_ = false;  ///< 220 is queued; TLS begins when it is sent
  bool quit_ = false;
  std::string head_;  ///< the first octets of the content, where the X-Load-Id stands
  std::size_t content_octets_ = 0;
};

}  // namespace postern::bench
