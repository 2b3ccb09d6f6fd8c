#pragma once
// Purpose: a deadline under everything that libldap reads and writes: libldap 2.5 waits for ever, and busily, for the
//          TLS handshake of a server that stays silent, and for the rest of an answer that begins and does not end.
// Layout: a layer between libldap's socket and its TLS; each read or write first polls until the deadline.
// Errors: past the deadline reads and writes fail with ETIMEDOUT, which libldap takes for a broken connection.
// Source: lber-sockbuf(3)

#include <ldap.h>

#include <chrono>

namespace postern::maps {

class ldap_deadline {
 public:
  ldap_deadline();
  ldap_deadline(ldap_deadline const&) = delete;
  ldap_deadline& operator=(ldap_deadline const&) = delete;

  /// All connections that this handle opens from now on obey. Pre: this outlives the handle.
  void guard(LDAP* handle);
  void restart(std::chrono::milliseconds from_now) { until_ = std::chrono::steady_clock::now() + from_now; }

 private:
  static int on_connected(LDAP* handle, Sockbuf* socket, LDAPURLDesc* server, struct sockaddr* address,
                          ldap_conncb* context);
  static void on_closing(LDAP* handle, Sockbuf* socket, ldap_conncb* context);
  static int set_up(Sockbuf_IO_Desc* layer, void* deadline);
  static int remove(Sockbuf_IO_Desc* layer);
  static int control(Sockbuf_IO_Desc* layer, int option, void* argument);
  static ber_slen_t read(Sockbuf_IO_Desc* layer, void* data, ber_len_t size);
  static ber_slen_t write(Sockbuf_IO_Desc* layer, void* data, ber_len_t size);
  bool wait(Sockbuf_IO_Desc* layer, short events) const;

  static Sockbuf_IO functions;
  ldap_conncb callback_{};
  std::chrono::steady_clock::time_point until_;
};

}  // namespace postern::maps
