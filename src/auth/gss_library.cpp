#include "auth/gss_library.hpp"

#include "base/text.hpp"

namespace postern::auth::gss {
namespace {

void append_status(std::string& out, OM_uint32 status, int kind) {
  OM_uint32 more = 0;
  do {
    OM_uint32 minor = 0;
    text words;
    if (GSS_ERROR(::gss_display_status(&minor, status, kind, GSS_C_NO_OID, &more, words.out())) != 0) return;
    if (!out.empty()) out += "; ";
    out += words.copy();
  } while (more != 0);
}

}  // namespace

text::~text() {
  OM_uint32 minor = 0;
  ::gss_release_buffer(&minor, &buffer_);
}

gss_buffer_desc view_of(std::string_view octets) { return {octets.size(), const_cast<char*>(octets.data())}; }

std::unexpected<failure> fail_with(OM_uint32 major, OM_uint32 minor) {
  std::string words;
  append_status(words, major, GSS_C_GSS_CODE);
  if (minor != 0) append_status(words, minor, GSS_C_MECH_CODE);
  return fail(printable(words, 300));
}

result<std::string> wrap(gss_ctx_id_t context, std::string_view message) {
  OM_uint32 minor = 0;
  auto given = view_of(message);
  text wrapped;
  auto const major = ::gss_wrap(&minor, context, 0, GSS_C_QOP_DEFAULT, &given, nullptr, wrapped.out());
  if (GSS_ERROR(major) != 0) return fail_with(major, minor);
  return wrapped.copy();
}

result<std::string> unwrap(gss_ctx_id_t context, std::string_view message) {
  OM_uint32 minor = 0;
  auto given = view_of(message);
  text plain;
  auto const major = ::gss_unwrap(&minor, context, &given, plain.out(), nullptr, nullptr);
  if (GSS_ERROR(major) != 0) return fail_with(major, minor);
  return plain.copy();
}

}  // namespace postern::auth::gss
