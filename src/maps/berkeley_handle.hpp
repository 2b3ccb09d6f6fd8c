#pragma once
// Purpose: a Berkeley DB handle with one owner; what the reader (berkeley_db) and the writer (berkeley_writer) share.

#include <db.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern::maps {

/// Of the handle's cache.
inline constexpr unsigned berkeley_cache_octets = 4U << 20U;

struct berkeley_deleter {
  void operator()(DB* handle) const { handle->close(handle, DB_NOSYNC); }
};
using berkeley_handle = std::unique_ptr<DB, berkeley_deleter>;

/// Not open yet; says nothing on stderr by itself.
inline result<berkeley_handle> make_berkeley_handle() {
  DB* raw = nullptr;
  if (int status = db_create(&raw, nullptr, 0); status != 0) return fail(db_strerror(status));
  berkeley_handle handle(raw);
  raw->set_errfile(raw, nullptr);
  if (int status = raw->set_cachesize(raw, 0, berkeley_cache_octets, 1); status != 0) return fail(db_strerror(status));
  return handle;
}

/// Points into `text`.
inline DBT berkeley_text(std::string& text) {
  DBT out{};
  out.data = text.data();
  out.size = static_cast<u_int32_t>(text.size());
  return out;
}

inline std::string_view text_of(DBT const& item) { return {static_cast<char const*>(item.data), item.size}; }

}  // namespace postern::maps
