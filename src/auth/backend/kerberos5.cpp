#include "auth/backend/kerberos5.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/format.h>
#include <krb5/krb5.h>

#include "auth/backend/bounded_worker.hpp"
#include "auth/backend/kerberos5_principal.hpp"
#include "auth/backend/saslauthd_conf.hpp"
#include "base/text.hpp"

namespace postern::auth {
namespace {

using code = password_answer::code;

struct context_closer {
  void operator()(krb5_context context) const noexcept { ::krb5_free_context(context); }
};
using context_ptr = std::unique_ptr<std::remove_pointer_t<krb5_context>, context_closer>;

/// Objects of libkrb5 that are freed with their context.
template <class T, auto Free>
class owned {
 public:
  explicit owned(krb5_context context) : context_(context) {}
  owned(owned const&) = delete;
  owned& operator=(owned const&) = delete;
  ~owned() {
    if (value_ != nullptr) static_cast<void>(Free(context_, value_));
  }
  T* out() { return &value_; }
  T get() const { return value_; }

 private:
  krb5_context context_;
  T value_ = nullptr;
};
using principal = owned<krb5_principal, ::krb5_free_principal>;
using keytab = owned<krb5_keytab, ::krb5_kt_close>;
using init_options = owned<krb5_get_init_creds_opt*, ::krb5_get_init_creds_opt_free>;

class credentials {
 public:
  explicit credentials(krb5_context context) : context_(context) {}
  credentials(credentials const&) = delete;
  credentials& operator=(credentials const&) = delete;
  ~credentials() { ::krb5_free_cred_contents(context_, &value_); }
  krb5_creds* out() { return &value_; }

 private:
  krb5_context context_;
  krb5_creds value_{};
};

std::string describe(krb5_context context, krb5_error_code error) {
  auto const* const words = ::krb5_get_error_message(context, error);
  std::string const text = printable(words, 512);
  ::krb5_free_error_message(context, words);
  return text;
}

/// These say something about the user, the others about the KDC, the network or this machine.
bool is_refusal(krb5_error_code error) {
  constexpr std::array<krb5_error_code, 11> refusals = {KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN,
                                                        KRB5KDC_ERR_PREAUTH_FAILED,
                                                        KRB5KRB_AP_ERR_BAD_INTEGRITY,
                                                        KRB5KDC_ERR_KEY_EXP,
                                                        KRB5KDC_ERR_CLIENT_REVOKED,
                                                        KRB5KDC_ERR_NAME_EXP,
                                                        KRB5KDC_ERR_POLICY,
                                                        KRB5_PREAUTH_FAILED,
                                                        KRB5KDC_ERR_NULL_KEY,
                                                        KRB5KDC_ERR_CLIENT_NOTYET,
                                                        KRB5_PRINC_NOMATCH};
  return std::ranges::find(refusals, error) != refusals.end();
}

password_answer fail_with(krb5_context context, krb5_error_code error, std::string_view reply, std::string_view what) {
  return {is_refusal(error) ? code::no : code::unavailable, std::string(reply),
          fmt::format("{}: {}", what, describe(context, error))};
}

/// The ticket proves nothing before a key of this machine has opened one from the same KDC.
krb5_error_code verify(krb5_context context, kerberos5_options const& options, krb5_creds* ticket, std::string& what) {
  keytab keys(context);
  what = options.keytab.empty() ? "the keytab" : "krb5_keytab " + options.keytab;
  if (auto const error = options.keytab.empty() ? ::krb5_kt_default(context, keys.out())
                                                : ::krb5_kt_resolve(context, options.keytab.c_str(), keys.out());
      error != 0) {
    return error;
  }
  principal server(context);
  if (options.server_name.empty()) {
    what = fmt::format("krb5_verify_principal {}", options.verify_principal);
    if (auto const error = ::krb5_sname_to_principal(context, nullptr, options.verify_principal.c_str(),
                                                     KRB5_NT_SRV_HST, server.out());
        error != 0) {
      return error;
    }
  } else {
    what = fmt::format("krb5_servername {}", options.server_name);
    if (auto const error = ::krb5_parse_name(context, options.server_name.c_str(), server.out()); error != 0) {
      return error;
    }
  }
  what += options.keytab.empty() ? " in the keytab" : " in " + options.keytab;
  krb5_verify_init_creds_opt strict;
  ::krb5_verify_init_creds_opt_init(&strict);
  ::krb5_verify_init_creds_opt_set_ap_req_nofail(&strict, 1);
  return ::krb5_verify_init_creds(context, ticket, server.get(), keys.get(), nullptr, &strict);
}

struct job {
  kerberos5_options options;
  std::string name;
  secret password;
  password_answer answer;
};

password_answer ask_kdc(job const& work) {
  krb5_context raw = nullptr;
  if (auto const error = ::krb5_init_context(&raw); error != 0) {
    return {code::unavailable, "saslauthd internal error", "libkrb5: " + describe(nullptr, error)};
  }
  context_ptr const context(raw);
  principal client(raw);
  if (auto const error = ::krb5_parse_name(raw, work.name.c_str(), client.out()); error != 0) {
    return {code::no, "saslauthd principal name error",
            fmt::format("{}: {}", printable(work.name, 256), describe(raw, error))};
  }
  init_options options(raw);
  if (auto const error = ::krb5_get_init_creds_opt_alloc(raw, options.out()); error != 0) {
    return fail_with(raw, error, "saslauthd internal error", "libkrb5");
  }
  ::krb5_get_init_creds_opt_set_tkt_life(options.get(), 15 * 60);
  ::krb5_get_init_creds_opt_set_forwardable(options.get(), 0);
  ::krb5_get_init_creds_opt_set_proxiable(options.get(), 0);
  // An expired password is a refusal, not the beginning of a dialogue about a new one.
  ::krb5_get_init_creds_opt_set_change_password_prompt(options.get(), 0);
  credentials ticket(raw);
  if (auto const error = ::krb5_get_init_creds_password(raw, ticket.out(), client.get(), work.password.reveal().data(),
                                                        nullptr, nullptr, 0, nullptr, options.get());
      error != 0) {
    return fail_with(raw, error, "krb5_get_init_creds_password failed", printable(work.name, 256));
  }
  std::string what;
  if (auto const error = verify(raw, work.options, ticket.out(), what); error != 0) {
    return {code::unavailable, "krb5_verify_init_creds failed",
            fmt::format("the KDC cannot be verified with {}: {}", what, describe(raw, error))};
  }
  return {code::yes, "", ""};
}

class kerberos5_backend : public password_backend {
 public:
  kerberos5_backend(kerberos5_options options, std::chrono::milliseconds time_limit)
      : options_(std::move(options)), time_limit_(time_limit) {}

  password_answer check(password_question const& question) override {
    if (question.login.empty() || question.password.empty() || question.password.reveal().contains('\0')) {
      return {code::no, "saslauthd principal name error", "an empty name or password, or NUL in the password"};
    }
    auto const name = make_principal_name(options_, question.login, question.service, question.realm);
    if (!name) return {code::no, "saslauthd principal name error", name.error().text};
    auto const work = std::make_shared<job>(job{.options = options_, .name = *name, .password = question.password});
    if (worker_.run([work] { work->answer = ask_kdc(*work); }, std::chrono::steady_clock::now() + time_limit_)) {
      return std::move(work->answer);
    }
    return {code::unavailable, "krb5_get_init_creds_password failed",
            fmt::format("no KDC answered within {} ms", time_limit_.count())};
  }

 private:
  kerberos5_options options_;
  std::chrono::milliseconds time_limit_;
  bounded_worker worker_;
};

}  // namespace

result<std::unique_ptr<password_backend>> make_kerberos5_backend(backend_options const& options) {
  bool const named = !options.argument.empty();
  auto conf = saslauthd_conf::load(named ? options.argument : std::string(default_saslauthd_conf));
  if (!conf && (named || conf.error().system_error != ENOENT)) return std::unexpected(conf.error());
  if (!conf) conf = saslauthd_conf::empty();
  auto parsed = parse_kerberos5_options(*conf);
  if (!parsed) return std::unexpected(parsed.error());
  warn_once(conf->warnings());
  warn_once(find_unknown_keys(*conf, "krb5_", is_kerberos5_key));
  return std::make_unique<kerberos5_backend>(std::move(*parsed), options.time_limit);
}

}  // namespace postern::auth
