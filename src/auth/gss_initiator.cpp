#include "auth/gss_initiator.hpp"

#include <fmt/format.h>
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5/krb5.h>

#include "auth/gss_library.hpp"
#include "base/text.hpp"

namespace postern::auth {
namespace {

class kerberos_initiator final : public sasl::gss_initiator {
 public:
  explicit kerberos_initiator(gss_name_t server) : server_(server) {}
  kerberos_initiator(kerberos_initiator const&) = delete;
  kerberos_initiator& operator=(kerberos_initiator const&) = delete;
  ~kerberos_initiator() override {
    OM_uint32 minor = 0;
    ::gss_delete_sec_context(&minor, &context_, GSS_C_NO_BUFFER);
    ::gss_release_name(&minor, &server_);
  }

  result<initiated> initiate(std::string_view token) override {
    constexpr OM_uint32 wanted = GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG;
    OM_uint32 minor = 0;
    OM_uint32 flags = 0;
    auto given = gss::view_of(token);
    gss::text answer;
    auto const major = ::gss_init_sec_context(&minor, GSS_C_NO_CREDENTIAL, &context_, server_, gss_mech_krb5, wanted, 0,
                                              GSS_C_NO_CHANNEL_BINDINGS, token.empty() ? GSS_C_NO_BUFFER : &given,
                                              nullptr, answer.out(), &flags, nullptr);
    if (GSS_ERROR(major) != 0) return gss::fail_with(major, minor);
    bool const complete = (major & GSS_S_CONTINUE_NEEDED) == 0;
    if (complete && (flags & wanted) != wanted) return fail("the server does not prove itself");
    return initiated{answer.copy(), complete};
  }

  result<std::string> wrap(std::string_view message) override { return gss::wrap(context_, message); }
  result<std::string> unwrap(std::string_view message) override { return gss::unwrap(context_, message); }

 private:
  gss_name_t server_;
  gss_ctx_id_t context_ = GSS_C_NO_CONTEXT;
};

/// libkrb5's objects, for as long as a look at the ticket cache takes.
struct ticket_cache {
  ticket_cache() = default;
  ticket_cache(ticket_cache const&) = delete;
  ticket_cache& operator=(ticket_cache const&) = delete;
  ~ticket_cache() {
    if (name != nullptr) ::krb5_free_unparsed_name(context, name);
    if (owner != nullptr) ::krb5_free_principal(context, owner);
    if (cache != nullptr) ::krb5_cc_close(context, cache);
    if (context != nullptr) ::krb5_free_context(context);
  }
  std::string explain(krb5_error_code error) const {
    auto const* const words = ::krb5_get_error_message(context, error);
    auto text = printable(words, 300);
    ::krb5_free_error_message(context, words);
    return text;
  }

  krb5_context context = nullptr;
  krb5_ccache cache = nullptr;
  krb5_principal owner = nullptr;
  char* name = nullptr;
};

}  // namespace

result<std::string> describe_ticket_cache() {
  ticket_cache at;
  if (::krb5_init_context(&at.context) != 0) return fail("libkrb5 cannot be used");
  auto error = ::krb5_cc_default(at.context, &at.cache);
  if (error == 0) error = ::krb5_cc_get_principal(at.context, at.cache, &at.owner);
  if (error == 0) error = ::krb5_unparse_name(at.context, at.owner, &at.name);
  if (error != 0) return fail(at.explain(error));
  return fmt::format("{}, from {}:{}", printable(at.name, 256), ::krb5_cc_get_type(at.context, at.cache),
                     printable(::krb5_cc_get_name(at.context, at.cache), 256));
}

result<std::unique_ptr<sasl::gss_initiator>> make_gss_initiator(gss_name const& server) {
  auto const text = fmt::format("{}@{}", server.service, server.host);
  auto given = gss::view_of(text);
  OM_uint32 minor = 0;
  gss_name_t name = GSS_C_NO_NAME;
  auto const major = ::gss_import_name(&minor, &given, GSS_C_NT_HOSTBASED_SERVICE, &name);
  if (GSS_ERROR(major) != 0) return gss::fail_with(major, minor);
  return std::make_unique<kerberos_initiator>(name);
}

}  // namespace postern::auth
