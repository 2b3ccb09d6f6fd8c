#include "maps/ldap/connection.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <sasl/sasl.h>
#include <sys/time.h>

#include "base/text.hpp"
#include "maps/ldap/libldap.hpp"

namespace postern::maps {
namespace {

using namespace libldap;

::timeval timeout_of(ldap_server_options const& options) { return {options.timeout, 0}; }

std::string describe(int code, std::string_view text) {
  std::string sentence = ldap_err2string(code);
  if (!text.empty()) sentence += fmt::format(" ({})", printable(text, 256));
  return sentence;
}

/// What ldap.conf and the like say; a handle's own TLS context does not take it from there by itself.
std::string usual_text(int option) {
  char* text = nullptr;
  if (ldap_get_option(nullptr, option, static_cast<void*>(&text)) != LDAP_OPT_SUCCESS || text == nullptr) return {};
  std::string out = text;
  ldap_memfree(text);
  return out;
}

/// The bind was refused: the name or the password, not the way there.
bool is_refusal(int code) {
  switch (code) {
    case LDAP_INVALID_CREDENTIALS:
    case LDAP_INSUFFICIENT_ACCESS:
    case LDAP_INVALID_DN_SYNTAX:
    case LDAP_NO_SUCH_OBJECT:
    case LDAP_INAPPROPRIATE_AUTH:
    case LDAP_UNWILLING_TO_PERFORM:
    case LDAP_CONSTRAINT_VIOLATION:
    case LDAP_OTHER:
      return true;
    default:
      return false;
  }
}

/// The connection is all right, the server just did not do it.
bool is_answer(int code) {
  switch (code) {
    case LDAP_TIMELIMIT_EXCEEDED:
    case LDAP_ADMINLIMIT_EXCEEDED:
    case LDAP_BUSY:
    case LDAP_UNAVAILABLE:
    case LDAP_INSUFFICIENT_ACCESS:
    case LDAP_INVALID_DN_SYNTAX:
    case LDAP_UNDEFINED_TYPE:
    case LDAP_INAPPROPRIATE_MATCHING:
    case LDAP_REFERRAL:
    case LDAP_FILTER_ERROR:
      return true;
    default:
      return false;
  }
}

/// What libsasl asks when it binds.
int on_sasl_question(LDAP* /*handle*/, unsigned /*flags*/, void* context, void* questions) {
  auto const& [identity, options] = *static_cast<std::pair<ldap_identity const*, ldap_server_options const*>*>(context);
  for (auto* question = static_cast<sasl_interact_t*>(questions); question->id != SASL_CB_LIST_END; ++question) {
    std::string_view answer;
    switch (question->id) {
      case SASL_CB_AUTHNAME:
        answer = identity->id;
        break;
      case SASL_CB_USER:
        answer = identity->authorization_id;
        break;
      case SASL_CB_PASS:
        answer = identity->password.reveal();
        break;
      case SASL_CB_GETREALM:
        answer = options->realm;
        break;
      default:
        break;
    }
    if (answer.empty()) answer = question->defresult != nullptr ? question->defresult : "";
    question->result = answer.data();
    question->len = static_cast<unsigned>(answer.size());
  }
  return LDAP_SUCCESS;
}

}  // namespace

std::string_view format_ldap_trouble(ldap_trouble trouble) {
  switch (trouble) {
    case ldap_trouble::generic:
      return "Generic error";
    case ldap_trouble::retry:
      return "Retry condition (ldap server connection reset or broken)";
    case ldap_trouble::not_group_member:
      return "Group member check failed";
    case ldap_trouble::invalid_password:
      return "Invalid password";
    case ldap_trouble::user_not_found:
      return "User not found";
    case ldap_trouble::bind_failed:
      return "Bind to ldap server failed (invalid user/password or insufficient access)";
    case ldap_trouble::connect_failed:
      return "Cannot connect to ldap server (configuration error)";
  }
  std::unreachable();
}

void ldap_connection::closer::operator()(struct ldap* handle) const noexcept {
  ldap_unbind_ext(handle, nullptr, nullptr);
}
void ldap_connection::message_closer::operator()(struct ldapmsg* message) const noexcept { ldap_msgfree(message); }

void ldap_connection::disconnect() noexcept {
  handle_.reset();
  bound_ = false;
}

void ldap_connection::begin_operation() { deadline_.restart(std::chrono::seconds(options_.timeout)); }

int ldap_connection::last_code() const {
  int code = LDAP_OTHER;
  ldap_get_option(handle_.get(), LDAP_OPT_RESULT_CODE, &code);
  return code;
}

std::unexpected<ldap_error> ldap_connection::broken(std::string_view what, int code, std::string_view text) {
  disconnect();
  return std::unexpected(ldap_error{ldap_trouble::retry, fmt::format("{}: {}", what, describe(code, text))});
}

ldap_result_of<> ldap_connection::set_tls_options() {
  auto* const handle = handle_.get();
  struct setting {
    int option;
    std::string const& value;
    std::string_view key;
  };
  for (auto const& [option, value, key] : std::initializer_list<setting>{
           {LDAP_OPT_X_TLS_CACERTFILE, options_.ca_file, "the file of CA certificates"},
           {LDAP_OPT_X_TLS_CACERTDIR, options_.ca_directory, "the directory of CA certificates"},
           {LDAP_OPT_X_TLS_CIPHER_SUITE, options_.ciphers, "the cipher suite"},
           {LDAP_OPT_X_TLS_CERTFILE, options_.certificate, "the client certificate"},
           {LDAP_OPT_X_TLS_KEYFILE, options_.key, "the key of the client certificate"},
       }) {
    auto const chosen = value.empty() ? usual_text(option) : value;
    if (chosen.empty() || ldap_set_option(handle, option, chosen.c_str()) == LDAP_OPT_SUCCESS) continue;
    return std::unexpected(ldap_error{ldap_trouble::connect_failed, fmt::format("{} cannot be used: {}", key, chosen)});
  }
  int check = LDAP_OPT_X_TLS_HARD;
  ldap_get_option(nullptr, LDAP_OPT_X_TLS_REQUIRE_CERT, &check);
  if (options_.check_peer) check = *options_.check_peer ? LDAP_OPT_X_TLS_HARD : LDAP_OPT_X_TLS_NEVER;
  ldap_set_option(handle, LDAP_OPT_X_TLS_REQUIRE_CERT, &check);
  // Only now libldap makes a TLS context of this handle's own from the options above.
  int const client = 0;
  if (ldap_set_option(handle, LDAP_OPT_X_TLS_NEWCTX, &client) != LDAP_OPT_SUCCESS) {
    return std::unexpected(
        ldap_error{ldap_trouble::connect_failed,
                   "TLS cannot be set up: look at the files and ciphers that the tls settings name"});
  }
  return {};
}

ldap_result_of<> ldap_connection::set_options() {
  auto* const handle = handle_.get();
  auto const timeout = timeout_of(options_);
  ldap_set_option(handle, LDAP_OPT_PROTOCOL_VERSION, &options_.version);
  ldap_set_option(handle, LDAP_OPT_NETWORK_TIMEOUT, &timeout);
  ldap_set_option(handle, LDAP_OPT_TIMEOUT, &timeout);
  ldap_set_option(handle, LDAP_OPT_TIMELIMIT, &options_.time_limit);
  ldap_set_option(handle, LDAP_OPT_SIZELIMIT, &options_.size_limit);
  ldap_set_option(handle, LDAP_OPT_DEREF, &options_.deref);
  ldap_set_option(handle, LDAP_OPT_REFERRALS, options_.referrals ? LDAP_OPT_ON : LDAP_OPT_OFF);
  ldap_set_option(handle, LDAP_OPT_RESTART, options_.restart ? LDAP_OPT_ON : LDAP_OPT_OFF);
  if (auto const& properties = options_.security_properties; options_.use_sasl && !properties.empty()) {
    if (ldap_set_option(handle, LDAP_OPT_X_SASL_SECPROPS, properties.c_str()) != LDAP_OPT_SUCCESS) {
      return std::unexpected(
          ldap_error{ldap_trouble::connect_failed, "the SASL security properties cannot be used: " + properties});
    }
  }
  bool const tls = options_.start_tls || options_.servers.contains("ldaps:");
  return tls ? set_tls_options() : ldap_result_of<>();
}

ldap_result_of<> ldap_connection::start_tls() {
  int message_id = 0;
  begin_operation();
  int code = ldap_start_tls(handle_.get(), nullptr, nullptr, &message_id);
  std::string text;
  if (code == LDAP_SUCCESS) {
    auto const answer = wait_for(message_id);
    code = answer.code;
    text = answer.text;
  }
  begin_operation();
  if (code == LDAP_SUCCESS) code = ldap_install_tls(handle_.get());
  if (code == LDAP_SUCCESS) return {};
  if (code == LDAP_SERVER_DOWN || code == LDAP_TIMEOUT) return broken("StartTLS", code, text);
  if (char* words = nullptr;
      text.empty() && ldap_get_option(handle_.get(), LDAP_OPT_DIAGNOSTIC_MESSAGE, static_cast<void*>(&words)) == 0 &&
      words != nullptr) {
    text = words;
    ldap_memfree(words);
  }
  disconnect();
  return std::unexpected(ldap_error{ldap_trouble::connect_failed, "start tls failed: " + describe(code, text)});
}

ldap_result_of<> ldap_connection::connect() {
  disconnect();
  if (auto const loaded = library.load(); !loaded)
    return std::unexpected(ldap_error{ldap_trouble::connect_failed, loaded.error().text});
  LDAP* handle = nullptr;
  if (int const code = ldap_initialize(&handle, options_.servers.c_str()); code != LDAP_SUCCESS) {
    return std::unexpected(
        ldap_error{ldap_trouble::connect_failed, fmt::format("{}: {}", options_.servers, describe(code, ""))});
  }
  handle_.reset(handle);
  deadline_.guard(handle);
  if (auto const set = set_options(); !set) {
    disconnect();
    return set;
  }
  return options_.start_tls ? start_tls() : ldap_result_of<>();
}

ldap_connection::reply ldap_connection::wait_for(int message_id) {
  auto timeout = timeout_of(options_);
  LDAPMessage* raw = nullptr;
  int const kind = ldap_result(handle_.get(), message_id, LDAP_MSG_ALL, &timeout, &raw);
  reply answer{.content = message(raw), .code = LDAP_TIMEOUT};
  if (kind == 0) {
    ldap_abandon_ext(handle_.get(), message_id, nullptr, nullptr);
  } else if (kind < 0) {
    answer.code = last_code();
  } else {
    char* text = nullptr;
    int const parsed =
        ldap_parse_result(handle_.get(), raw, &answer.code, nullptr, &text, nullptr, nullptr, /*freeit=*/0);
    if (parsed != LDAP_SUCCESS) answer.code = parsed;
    if (text != nullptr) answer.text = text;
    ldap_memfree(text);
  }
  return answer;
}

int ldap_connection::bind_simple(ldap_identity const& identity, std::string& text) {
  ::berval credentials{identity.password.size(), const_cast<char*>(identity.password.reveal().data())};
  int message_id = 0;
  begin_operation();
  if (int const code = ldap_sasl_bind(handle_.get(), identity.dn.c_str(), LDAP_SASL_SIMPLE, &credentials, nullptr,
                                      nullptr, &message_id);
      code != LDAP_SUCCESS) {
    return code;
  }
  auto answer = wait_for(message_id);
  text = std::move(answer.text);
  return answer.code;
}

int ldap_connection::bind_sasl(ldap_identity const& identity, std::string& text) {
  std::pair<ldap_identity const*, ldap_server_options const*> context{&identity, &options_};
  char const* chosen = nullptr;
  auto const* const mechanism = options_.mechanism.empty() ? nullptr : options_.mechanism.c_str();
  reply answer;
  while (true) {
    int message_id = 0;
    begin_operation();
    int const code = ldap_sasl_interactive_bind(handle_.get(), nullptr, mechanism, nullptr, nullptr, LDAP_SASL_QUIET,
                                                on_sasl_question, &context, answer.content.get(), &chosen, &message_id);
    if (code != LDAP_SASL_BIND_IN_PROGRESS) {
      text = std::move(answer.text);
      return code;
    }
    answer = wait_for(message_id);
    if (!answer.content) return answer.code;
  }
}

ldap_result_of<> ldap_connection::bind(ldap_identity const& identity) {
  bool const anonymous = identity.dn.empty() && identity.password.empty() && !options_.use_sasl;
  if (!anonymous && !options_.use_sasl && (identity.dn.empty() || identity.password.empty())) {
    return std::unexpected(ldap_error{ldap_trouble::bind_failed, "a bind needs both a DN and a password"});
  }
  // A SASL security layer that is in force would wrap the next bind.
  if (!handle_ || options_.use_sasl || options_.version == LDAP_VERSION2) {
    if (auto const connected = connect(); !connected) return connected;
  }
  bound_ = false;
  std::string text;
  int const code = options_.use_sasl ? bind_sasl(identity, text) : bind_simple(identity, text);
  if (code == LDAP_SUCCESS) {
    bound_ = true;
    return {};
  }
  if (is_refusal(code)) return std::unexpected(ldap_error{ldap_trouble::bind_failed, describe(code, text)});
  return broken("bind", code, text);
}

std::vector<secret> const& ldap_entry::values_of(std::string_view name) const {
  static std::vector<secret> const none;
  auto const at = std::ranges::find_if(attributes, [&](auto const& one) { return iequals(one.name, name); });
  return at == attributes.end() ? none : at->values;
}

ldap_entry ldap_connection::take_entry(struct ldapmsg* entry) const {
  auto* const dn = ldap_get_dn(handle_.get(), entry);
  ldap_entry one{.dn = dn != nullptr ? dn : "", .attributes = {}};
  ldap_memfree(dn);
  ::BerElement* place = nullptr;
  for (auto* name = ldap_first_attribute(handle_.get(), entry, &place); name != nullptr;
       name = ldap_next_attribute(handle_.get(), entry, place)) {
    ldap_attribute told{.name = name, .values = {}};
    auto* const values = ldap_get_values_len(handle_.get(), entry, name);
    for (auto* const* value = values; value != nullptr && *value != nullptr; ++value) {
      told.values.emplace_back(std::string_view((*value)->bv_val, (*value)->bv_len));
      wipe((*value)->bv_val, (*value)->bv_len);
    }
    ldap_value_free_len(values);
    ldap_memfree(name);
    one.attributes.push_back(std::move(told));
  }
  ber_free(place, 0);
  return one;
}

ldap_result_of<ldap_connection::search_answer> ldap_connection::search(search_question const& question) {
  auto names = question.attributes;
  std::vector<char*> attributes;
  attributes.reserve(names.size() + 1);
  for (auto& name : names) attributes.push_back(name.data());
  attributes.push_back(nullptr);
  int message_id = 0;
  begin_operation();
  int code = ldap_search_ext(handle_.get(), question.base.c_str(), question.scope, question.filter.c_str(),
                             attributes.data(), 0, nullptr, nullptr, nullptr, options_.size_limit, &message_id);
  reply answer;
  if (code == LDAP_SUCCESS) {
    answer = wait_for(message_id);
    code = answer.code;
  }
  if (is_answer(code)) {
    return std::unexpected(ldap_error{ldap_trouble::generic, fmt::format("search: {}", describe(code, answer.text))});
  }
  if (code == LDAP_NO_SUCH_OBJECT) return search_answer{};
  if (code != LDAP_SUCCESS && code != LDAP_SIZELIMIT_EXCEEDED) return broken("search", code, answer.text);
  search_answer found{.cut = code == LDAP_SIZELIMIT_EXCEEDED};
  for (auto* entry = ldap_first_entry(handle_.get(), answer.content.get()); entry != nullptr;
       entry = ldap_next_entry(handle_.get(), entry)) {
    found.entries.push_back(take_entry(entry));
  }
  return found;
}

ldap_result_of<bool> ldap_connection::compare(std::string const& dn, std::string const& attribute,
                                              std::string_view value) {
  ::berval asked{value.size(), const_cast<char*>(value.data())};
  int message_id = 0;
  begin_operation();
  int code = ldap_compare_ext(handle_.get(), dn.c_str(), attribute.c_str(), &asked, nullptr, nullptr, &message_id);
  std::string text;
  if (code == LDAP_SUCCESS) {
    auto answer = wait_for(message_id);
    code = answer.code;
    text = std::move(answer.text);
  }
  switch (code) {
    case LDAP_COMPARE_TRUE:
      return true;
    case LDAP_COMPARE_FALSE:
    case LDAP_NO_SUCH_OBJECT:
    case LDAP_NO_SUCH_ATTRIBUTE:
      return false;
    default:
      break;
  }
  if (is_answer(code)) {
    return std::unexpected(ldap_error{ldap_trouble::generic, fmt::format("compare: {}", describe(code, text))});
  }
  return broken("compare", code, text);
}

ldap_result_of<> ldap_connection::act_as(std::string const& authorization_id) {
  std::string oid = LDAP_CONTROL_PROXY_AUTHZ;
  std::string value = authorization_id;
  ::LDAPControl control{.ldctl_oid = oid.data(), .ldctl_value = {value.size(), value.data()}, .ldctl_iscritical = 1};
  std::array<::LDAPControl*, 2> const all = {&control, nullptr};
  if (ldap_set_option(handle_.get(), LDAP_OPT_SERVER_CONTROLS, static_cast<void const*>(all.data())) ==
      LDAP_OPT_SUCCESS)
    return {};
  return broken("proxy authorization", LDAP_NO_MEMORY, "");
}

ldap_result_of<std::string> ldap_connection::who_am_i() {
  int message_id = 0;
  begin_operation();
  int const code = ldap_whoami(handle_.get(), nullptr, nullptr, &message_id);
  if (code != LDAP_SUCCESS) return broken("whoami", code, "");
  auto const answer = wait_for(message_id);
  if (answer.code == LDAP_PROXIED_AUTHORIZATION_DENIED || answer.code == LDAP_X_PROXY_AUTHZ_FAILURE) {
    return std::unexpected(ldap_error{ldap_trouble::user_not_found, describe(answer.code, answer.text)});
  }
  ::berval* name = nullptr;
  if (answer.code != LDAP_SUCCESS || ldap_parse_whoami(handle_.get(), answer.content.get(), &name) != LDAP_SUCCESS ||
      name == nullptr) {
    return broken("whoami", answer.code, answer.text);
  }
  std::string const text(name->bv_val, name->bv_len);
  ber_bvfree(name);
  // [RFC 4532 §2]: an authzId; only its form "dn:" is of use here.
  if (istarts_with(text, "dn:")) return text.substr(3);
  return std::unexpected(
      ldap_error{ldap_trouble::not_group_member, "the server does not tell the DN of " + printable(text)});
}

}  // namespace postern::maps
