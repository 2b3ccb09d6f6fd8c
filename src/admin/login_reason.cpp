#include "admin/login_reason.hpp"

#include <algorithm>
#include <iterator>

namespace postern::admin {
namespace {

constexpr login_reason reasons[] = {
    {"accepted", "the login is right", ""},
    {"unknown_user", "nobody has an account of that name",
     "correct the name in the mail client, or make the account; postern auth test NAME shows where it was looked for"},
    {"wrong_password", "the password is wrong", "correct it in the mail client, or set another one where it is kept"},
    {"locked", "the account is locked", "unlock it where it is kept"},
    {"expired", "the account, the password or the app password has expired",
     "set a new password, or a later date, where it is kept"},
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
struct store_remedy {
  std::string_view source;
  std::string_view code;
  std::string_view remedy;
};
constexpr store_remedy remedies[] = {
    {"accounts", "unknown_user", "correct the name in the mail client, or make the account: postern user add NAME"},
    {"accounts", "wrong_password", "correct it in the mail client, or set another one: postern user passwd NAME"},
    {"accounts", "locked", "postern user unlock NAME lets it in again"},
    {"accounts", "expired", "postern user expire NAME never, or a new password or app password"},
    {"sasldb", "unknown_user", "correct the name in the mail client, or make the user: saslpasswd2 -c -u REALM USER"},
    {"sasldb", "wrong_password", "correct it in the mail client, or set another one: saslpasswd2 -u REALM USER"},
    {"sasldb", "mechanism_unusable",
     "set the password anew, saslpasswd2 -u REALM USER, or choose another mechanism in the mail client"},
    {"sql", "unknown_user", "correct the name in the mail client, or add the row that sql_select asks for"},
    {"sql", "wrong_password", "correct it in the mail client, or change what sql_select finds"},
    {"sql", "mechanism_unusable",
     "the column must hold the password itself, or the keys of this mechanism; or choose another mechanism"},
    {"ldapdb", "unknown_user", "correct the name in the mail client, or add the user to the directory"},
    {"ldapdb", "wrong_password", "correct it in the mail client, or set another one in the directory (ldappasswd)"},
    {"ldapdb", "mechanism_unusable",
     "userPassword must hold the password itself and be readable by ldapdb_id; or choose another mechanism"},
    {"pam", "unknown_user", "correct the name in the mail client, or make the user in what /etc/pam.d/smtp asks"},
    {"pam", "wrong_password",
     "correct it in the mail client, or set another one in what /etc/pam.d/smtp asks; authpriv's log says more"},
    {"pam", "expired", "chage -l USER shows the dates; passwd USER sets a new password"},
    {"shadow", "unknown_user", "correct the name in the mail client, or make the user: adduser USER"},
    {"shadow", "wrong_password", "correct it in the mail client, or set another one: passwd USER"},
    {"shadow", "expired", "chage -l USER shows the dates; passwd USER sets a new password"},
    {"getpwent", "unknown_user", "correct the name in the mail client, or make the user: adduser USER"},
    {"getpwent", "wrong_password", "correct it in the mail client, or set another one: passwd USER"},
    {"saslauthd", "unknown_user", "correct the name in the mail client, or make the user where saslauthd -a looks"},
    {"saslauthd", "wrong_password",
     "correct it in the mail client, or set another one where saslauthd -a looks; testsaslauthd -u USER tries it"},
};
constexpr login_reason unknown{"", "for a reason that this program does not know", "read the detail"};

}  // namespace

login_reason const& find_login_reason(std::string_view code) {
  auto const* const found = std::ranges::find(reasons, code, &login_reason::code);
  return found == std::end(reasons) ? unknown : *found;
}

std::string_view find_login_remedy(std::string_view code, std::string_view source) {
  auto const* const found =
      std::ranges::find_if(remedies, [&](store_remedy const& row) { return row.code == code && row.source == source; });
  return found == std::end(remedies) ? find_login_reason(code).remedy : found->remedy;
}

}  // namespace postern::admin
