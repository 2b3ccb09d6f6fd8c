#pragma once
// Purpose: what gss_acceptor.cpp and gss_initiator.cpp share of the GSSAPI library: buffers with owners, errors as
//          sentences, wrapping.

#include <string>
#include <string_view>

#include <gssapi/gssapi.h>

#include "base/result.hpp"

namespace postern::auth::gss {

/// A buffer that the library fills.
class text {
 public:
  text() = default;
  text(text const&) = delete;
  text& operator=(text const&) = delete;
  ~text();
  gss_buffer_t out() { return &buffer_; }
  std::string copy() const { return {static_cast<char const*>(buffer_.value), buffer_.length}; }

 private:
  gss_buffer_desc buffer_ = GSS_C_EMPTY_BUFFER;
};

/// The library only reads it, but wants it writable.
gss_buffer_desc view_of(std::string_view octets);
/// Both statuses in the library's words.
std::unexpected<failure> fail_with(OM_uint32 major, OM_uint32 minor);

/// With integrity, without confidentiality. Pre (and below): the context stands.
result<std::string> wrap(gss_ctx_id_t context, std::string_view message);
result<std::string> unwrap(gss_ctx_id_t context, std::string_view message);

}  // namespace postern::auth::gss
