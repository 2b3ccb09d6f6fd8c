#include "admin/login_reason.hpp"

#include <algorithm>
#include <iterator>

namespace postern::admin {
namespace {

constexpr login_reason reasons[] = {
    {"accepted", "the login is right", ""},
    {"unknown_user", "nobody has an account of that name",
     "correct the name in the mail client, or make the account (postern user add); postern auth test shows where it "
     "was looked for"},
    {"wrong_password", "the password is wrong",
     "correct it in the mail client, or set another one (postern user passwd)"},
    {"locked", "the account is locked", "postern user unlock lets it in again"},
    {"expired", "the account, the password or the app password has expired",
     "postern user expire NAME never, or a new password or app password"},
    {"scope_refused", "the app password is not for this service", "make one for it: postern user app add --scope"},
    {"network_refused", "the password may not be used from that address",
     "make an app password with the client's --network"},
    {"not_authorized", "it wanted to act for another user, which nobody may",
     "leave the authorization identity empty in the mail client"},
    {"mechanism_unusable", "nothing is stored of this user that the mechanism could use",
     "log in once by PLAIN or set the password anew, so that it is stored, or choose another mechanism"},
    {"bad_token", "the OAuth 2.0 token was refused",
     "log in anew at the identity provider; check authd_oauth_* against what it issues"},
    {"store_unavailable", "where the credentials are could not be asked; the password may be right",
     "mend what the detail names: this is the server's trouble, not the user's"},
    {"overloaded", "too many logins waited already; the password may be right",
     "see who tries so often; authd_hash_workers and authd_hash_queue_limit"},
    {"malformed", "the mail client broke the rules of the mechanism", "choose another mechanism in the mail client"},
    {"downgrade", "somebody between client and server hid the stronger mechanism",
     "find out who sits between them: a TLS proxy, a virus scanner, an attacker"},
    {"wrong_binding", "the client's TLS connection ends somewhere else than here",
     "find out who sits between them: a TLS proxy, a virus scanner, an attacker"},
    {"replayed", "the answer was used before or came too late", "try again; when it goes on, somebody repeats logins"},
    {"no_certificate", "the client showed no certificate that names a user",
     "install the client certificate; see smtpd_tls_ask_ccert and smtpd_sasl_cert_username"},
    {"failed", "Kerberos refused the ticket", "kinit anew; compare clock, host name and keytab (authd_krb5_keytab)"},
    {"tls_required", "the password would have travelled without TLS",
     "switch TLS on in the mail client (STARTTLS at port 587, TLS at port 465)"},
    {"invalid_base64", "the mail client's response was not base64", "update the mail client"},
    {"not_offered", "the client asked for a mechanism that is not offered",
     "postern auth test shows each mechanism and why it is left out"},
    {"timed_out", "the login took too long", "see whether the client waits for its user; authd_request_timeout"},
    {"unavailable", "the authentication daemon could not be asked; the password may be right",
     "see whether authd runs (postern status) and its socket can be reached (postern check)"},
    {"refused", "the authentication daemon refused it and does not say why here", "read the daemon's own log"},
    {"revoked", "the password was changed or revoked while the session ran, so it was closed", ""},
};
constexpr login_reason unknown{"", "for a reason that this program does not know", "read the detail"};

}  // namespace

login_reason const& find_login_reason(std::string_view code) {
  auto const* const found = std::ranges::find(reasons, code, &login_reason::code);
  return found == std::end(reasons) ? unknown : *found;
}

}  // namespace postern::admin
