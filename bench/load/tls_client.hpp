#pragma once
// Purpose: the client side of TLS for all connections of a run, and the sessions that they may resume: one a slot, as
// one phone has one. Security: certificates are not verified; this is a load generator for loopback.

#include <vector>

#include "bench/common/wire.hpp"

namespace postern::bench {

class tls_client {
 public:
  tls_client(bool resume, int slots);
  ~tls_client();
  tls_client(tls_client const&) = delete;
  tls_client& operator=(tls_client const&) = delete;

  /// A connection in connect state that offers the slot's last session.
  ssl_handle make(int slot);

 private:
  static int on_new_session(SSL* ssl, SSL_SESSION* session);

  SSL_CTX* context_;
  bool resume_;
  std::vector<SSL_SESSION*> sessions_;
};

}  // namespace postern::bench
