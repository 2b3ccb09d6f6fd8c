#pragma once
// Purpose: TLS to a server of tables, over a socket that does not block.
// Errors: name the file that cannot be used, or why the server is not believed.
// Concurrency: a tls_client is shared and never changes; a tls_link belongs to one thread.
// Security: TLS 1.2 at least; the server's certificate must be signed by a trusted authority and be for the host that
//           was asked for. There is no way to do without: whoever does not check talks to anybody.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace postern::maps {

struct tls_files {
  std::string ca_file;  ///< neither this nor ca_path: the authorities that OpenSSL comes with
  std::string ca_path;
  std::string certificate_file;  ///< ours, for servers that ask; empty: none
  std::string key_file;          ///< empty: the key is in certificate_file
};

/// What connections need to read once they are made.
std::vector<std::string> list_trusted_places(tls_files const& files);

class tls_client {
 public:
  static result<std::shared_ptr<tls_client const>> load(tls_files const& files);
  ~tls_client();
  tls_client(tls_client const&) = delete;
  tls_client& operator=(tls_client const&) = delete;
  ssl_ctx_st* native() const noexcept { return context_; }

 private:
  explicit tls_client(ssl_ctx_st* context) : context_(context) {}
  result<> configure(tls_files const& files) const;
  ssl_ctx_st* context_;
};

class tls_link {
 public:
  /// Waits for POLLIN or POLLOUT; false with errno set when that did not come in time.
  using wait = std::function<bool(short events)>;
  /// With the handshake done. `host`: a name or an address.
  static result<std::unique_ptr<tls_link>> connect(tls_client const& with, int socket, std::string const& host,
                                                   wait const& wait_for);
  ~tls_link();
  tls_link(tls_link const&) = delete;
  tls_link& operator=(tls_link const&) = delete;

  /// As send(2) and recv(2): EAGAIN when wanted() has to be waited for first, EPROTO for what is no TLS.
  std::ptrdiff_t write(std::string_view data);
  std::ptrdiff_t read(std::span<char> into);
  short wanted() const noexcept { return wanted_; }

 private:
  explicit tls_link(ssl_st* session) : session_(session) {}
  std::ptrdiff_t judge(int done);
  std::string explain() const;

  ssl_st* session_;
  short wanted_ = 0;
};

}  // namespace postern::maps
