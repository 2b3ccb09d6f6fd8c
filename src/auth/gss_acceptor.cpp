#include "auth/gss_acceptor.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5/krb5.h>

#include "auth/gss_library.hpp"
#include "base/text.hpp"
#include "os/directories.hpp"
#include "os/memory_file.hpp"

namespace postern::auth {
namespace {

constexpr std::size_t keytab_octets_max = 1U << 20U;

std::string describe(krb5_context context, krb5_error_code error) {
  auto const* const words = ::krb5_get_error_message(context, error);
  std::string text(words);
  ::krb5_free_error_message(context, words);
  return text;
}

std::string_view text_of(krb5_data const& part) { return {part.data, part.length}; }

/// A copy of a keytab in memory, which lives as long as this does; of the keys of one name alone.
class memory_keytab {
 public:
  explicit memory_keytab(gss_name acceptor) : acceptor_(std::move(acceptor)) {
    static std::atomic<unsigned> count = 0;
    name_ = fmt::format("MEMORY:postern-{}", ++count);
  }
  memory_keytab(memory_keytab const&) = delete;
  memory_keytab& operator=(memory_keytab const&) = delete;
  ~memory_keytab() {
    if (keys_ != nullptr) ::krb5_kt_close(context_, keys_);
    if (context_ != nullptr) ::krb5_free_context(context_);
  }

  result<> load(std::string const& path) {
    if (auto const error = ::krb5_init_context(&context_); error != 0) return fail("libkrb5 cannot be used");
    if (auto const error = ::krb5_kt_resolve(context_, name_.c_str(), &keys_); error != 0) {
      return fail(describe(context_, error));
    }
    krb5_keytab file = nullptr;
    if (auto const error = ::krb5_kt_resolve(context_, path.c_str(), &file); error != 0) {
      return fail(describe(context_, error));
    }
    auto const copied = copy(file);
    ::krb5_kt_close(context_, file);
    return copied;
  }

  std::string const& name() const noexcept { return name_; }
  std::vector<std::string> const& principals() const noexcept { return principals_; }

 private:
  result<> copy(krb5_keytab from) {
    krb5_kt_cursor cursor = nullptr;
    if (auto const error = ::krb5_kt_start_seq_get(context_, from, &cursor); error != 0) {
      return fail(describe(context_, error));
    }
    krb5_keytab_entry entry{};
    krb5_error_code error = 0;
    while (error == 0 && (error = ::krb5_kt_next_entry(context_, from, &entry, &cursor)) == 0) {
      bool const wanted = is_wanted(*entry.principal);
      if (wanted) error = ::krb5_kt_add_entry(context_, keys_, &entry);
      note(entry.principal, wanted ? principals_ : passed_over_);
      ::krb5_free_keytab_entry_contents(context_, &entry);
    }
    ::krb5_kt_end_seq_get(context_, from, &cursor);
    if (error != KRB5_KT_END) return fail(describe(context_, error));
    if (!principals_.empty()) return {};
    if (passed_over_.empty()) return fail("there is no key in it");
    return fail(fmt::format("there is no key of {}/{} in it (smtpd_sasl_service, authd_krb5_host), but of {}",
                            acceptor_.service, acceptor_.host, fmt::join(passed_over_, ", ")));
  }

  bool is_wanted(krb5_principal_data const& principal) const {
    if (acceptor_.host.empty()) return true;
    return principal.length == 2 && text_of(principal.data[0]) == acceptor_.service &&
           iequals(text_of(principal.data[1]), acceptor_.host);
  }

  void note(krb5_principal principal, std::vector<std::string>& to) {
    char* text = nullptr;
    if (::krb5_unparse_name(context_, principal, &text) != 0) return;
    if (std::ranges::find(to, text) == to.end()) to.emplace_back(text);
    ::krb5_free_unparsed_name(context_, text);
  }

  gss_name acceptor_;
  std::string name_;
  krb5_context context_ = nullptr;
  krb5_keytab keys_ = nullptr;
  std::vector<std::string> principals_;
  std::vector<std::string> passed_over_;
};

/// The server's credential: shared by all contexts, which only read it.
class acceptor_credential {
 public:
  explicit acceptor_credential(std::unique_ptr<memory_keytab> keys) : keys_(std::move(keys)) {}
  acceptor_credential(acceptor_credential const&) = delete;
  acceptor_credential& operator=(acceptor_credential const&) = delete;
  ~acceptor_credential() {
    OM_uint32 minor = 0;
    ::gss_release_cred(&minor, &credential_);
  }

  result<> acquire() {
    gss_key_value_element_desc elements[] = {{"keytab", keys_->name().c_str()}, {"rcache", "none:"}};
    gss_key_value_set_desc const store{std::size(elements), elements};
    gss_OID_set_desc kerberos{1, gss_mech_krb5};
    OM_uint32 minor = 0;
    auto const major = ::gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &kerberos, GSS_C_ACCEPT, &store,
                                               &credential_, nullptr, nullptr);
    if (GSS_ERROR(major) != 0) return gss::fail_with(major, minor);
    return {};
  }

  gss_cred_id_t get() const noexcept { return credential_; }

 private:
  std::unique_ptr<memory_keytab> keys_;
  gss_cred_id_t credential_ = GSS_C_NO_CREDENTIAL;
};

class kerberos_context final : public sasl::gss_context {
 public:
  explicit kerberos_context(std::shared_ptr<acceptor_credential const> credential)
      : credential_(std::move(credential)) {}
  kerberos_context(kerberos_context const&) = delete;
  kerberos_context& operator=(kerberos_context const&) = delete;
  ~kerberos_context() override {
    OM_uint32 minor = 0;
    ::gss_delete_sec_context(&minor, &context_, GSS_C_NO_BUFFER);
    ::gss_release_name(&minor, &initiator_);
  }

  result<accepted> accept(std::string_view token) override {
    OM_uint32 minor = 0;
    OM_uint32 flags = 0;
    auto given = gss::view_of(token);
    gss::text answer;
    auto const major =
        ::gss_accept_sec_context(&minor, &context_, credential_->get(), &given, GSS_C_NO_CHANNEL_BINDINGS, &initiator_,
                                 nullptr, answer.out(), &flags, nullptr, nullptr);
    if (GSS_ERROR(major) != 0) return gss::fail_with(major, minor);
    bool const complete = (major & GSS_S_CONTINUE_NEEDED) == 0;
    if (complete && (flags & GSS_C_INTEG_FLAG) == 0) return fail("the client wants no integrity");
    if (complete && (flags & GSS_C_ANON_FLAG) != 0) return fail("the client is anonymous");
    return accepted{answer.copy(), complete};
  }

  result<std::string> initiator() override {
    OM_uint32 minor = 0;
    gss::text name;
    auto const major = ::gss_display_name(&minor, initiator_, name.out(), nullptr);
    if (GSS_ERROR(major) != 0) return gss::fail_with(major, minor);
    return name.copy();
  }

  result<std::string> wrap(std::string_view message) override { return gss::wrap(context_, message); }
  result<std::string> unwrap(std::string_view message) override { return gss::unwrap(context_, message); }

 private:
  std::shared_ptr<acceptor_credential const> credential_;
  gss_ctx_id_t context_ = GSS_C_NO_CONTEXT;
  gss_name_t initiator_ = GSS_C_NO_NAME;
};

}  // namespace

result<gss_acceptor> make_gss_acceptor(secret const& keytab, gss_name const& acceptor) {
  // libkrb5 reads files only; this one is nobody else's.
  auto const file = os::make_memory_file("keytab", keytab.reveal());
  if (!file) return std::unexpected(file.error());
  auto keys = std::make_unique<memory_keytab>(acceptor);
  if (auto const loaded = keys->load(fmt::format("FILE:/proc/self/fd/{}", file->get())); !loaded) {
    return std::unexpected(loaded.error());
  }
  auto principals = keys->principals();
  auto const credential = std::make_shared<acceptor_credential>(std::move(keys));
  if (auto const acquired = credential->acquire(); !acquired) return std::unexpected(acquired.error());
  return gss_acceptor{.make = [credential] { return std::make_unique<kerberos_context>(credential); },
                      .principals = std::move(principals)};
}

result<gss_acceptor> load_gss_acceptor(std::string_view keytab_path, gss_name const& acceptor) {
  if (keytab_path.starts_with("FILE:")) keytab_path.remove_prefix(5);
  std::string const path(keytab_path);
  auto const file = os::open_to_read(path);
  if (!file) return std::unexpected(file.error());
  auto content = os::read_whole(*file, keytab_octets_max);
  if (!content) return fail(path + ": " + content.error().text);
  auto made = make_gss_acceptor(secret(std::move(*content)), acceptor);
  if (!made) return fail(path + ": " + made.error().text);
  return made;
}

gss_name load_gss_name(config::settings const& from) {
  return {.service = from.text("smtpd_sasl_service"), .host = from.text("authd_krb5_host")};
}

std::vector<std::string> gss_files() {
  std::vector<std::string> files{"/etc/krb5.conf", "/etc/krb5.conf.d", "/etc/gss", "/var/lib/sss/pubconf"};
  if (char const* const named = std::getenv("KRB5_CONFIG")) {
    for (auto const path : split(named, ':')) files.emplace_back(path);
  }
  return files;
}

}  // namespace postern::auth
