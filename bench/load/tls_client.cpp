#include "bench/load/tls_client.hpp"

namespace postern::bench {

namespace {

/// A pointer that an SSL carries with it is void*: the slot of the session store is what ours means.
SSL_SESSION** slot_of(SSL* ssl) { return static_cast<SSL_SESSION**>(SSL_get_app_data(ssl)); }

}  // namespace

tls_client::tls_client(bool resume, int slots)
    : context_(SSL_CTX_new(TLS_client_method())), resume_(resume), sessions_(static_cast<std::size_t>(slots)) {
  SSL_CTX_set_verify(context_, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_read_ahead(context_, 1);
  if (!resume_) return;
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context_, on_new_session);
}

tls_client::~tls_client() {
  for (SSL_SESSION* session : sessions_) SSL_SESSION_free(session);
  SSL_CTX_free(context_);
}

int tls_client::on_new_session(SSL* ssl, SSL_SESSION* session) {
  SSL_SESSION** slot = slot_of(ssl);
  SSL_SESSION_free(*slot);
  *slot = session;
  return 1;  // the reference is ours now
}

ssl_handle tls_client::make(int slot) {
  ssl_handle ssl(SSL_new(context_));
  SSL_SESSION*& session = sessions_[static_cast<std::size_t>(slot)];
  SSL_set_app_data(ssl.get(), &session);
  if (resume_ && session) {
    // OpenSSL takes a TLS 1.3 session for spent once it was used, and not every server gives a new ticket each time.
    SSL_SESSION* copy = SSL_SESSION_dup(session);
    SSL_set_session(ssl.get(), copy);
    SSL_SESSION_free(copy);
  }
  SSL_set_tlsext_host_name(ssl.get(), "localhost");
  SSL_set_connect_state(ssl.get());
  return ssl;
}

}  // namespace postern::bench
