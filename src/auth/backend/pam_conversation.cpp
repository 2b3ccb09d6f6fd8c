#include "auth/backend/pam_conversation.hpp"

#include <dlfcn.h>
#include <link.h>

#include <cstdlib>
#include <cstring>
#include <optional>
#include <set>

#include <security/pam_appl.h>

#include "base/text.hpp"

namespace postern::auth {
namespace {

using code = password_answer::code;

struct conversation {
  std::string login;
  std::string password;
  pam_handle_t* handle = nullptr;
  std::optional<std::string> password_prompt;  ///< the words of the first prompt that was answered with the password
  std::chrono::microseconds fail_delay{0};

  ~conversation() { wipe(password); }
};

bool asks_for_user(conversation& talk, char const* prompt) {
  void const* item = nullptr;
  if (::pam_get_item(talk.handle, PAM_USER_PROMPT, &item) != PAM_SUCCESS || item == nullptr) return false;
  return std::strcmp(prompt, static_cast<char const*>(item)) == 0;
}

// The answer to one message; false: there is none to give.
bool answer(conversation& talk, pam_message const& message, pam_response& out) {
  char const* const prompt = message.msg == nullptr ? "" : message.msg;
  switch (message.msg_style) {
    case PAM_PROMPT_ECHO_OFF:
      if (!talk.password_prompt) talk.password_prompt = prompt;
      if (*talk.password_prompt != prompt) return false;
      out.resp = ::strdup(talk.password.c_str());
      return out.resp != nullptr;
    case PAM_PROMPT_ECHO_ON:
      // As in the original: no answer to what nobody was asked.
      if (asks_for_user(talk, prompt)) out.resp = ::strdup(talk.login.c_str());
      return true;
    case PAM_ERROR_MSG:
    case PAM_TEXT_INFO:
      return true;
    default:
      return false;
  }
}

int converse(int count, pam_message const** messages, pam_response** responses, void* data) {
  if (count <= 0 || count > PAM_MAX_NUM_MSG) return PAM_CONV_ERR;
  auto& talk = *static_cast<conversation*>(data);
  // PAM frees these with free(3).
  auto* const out = static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
  if (out == nullptr) return PAM_BUF_ERR;
  for (int i = 0; i < count; ++i) {
    if (answer(talk, *messages[i], out[i])) continue;
    for (int j = 0; j <= i; ++j) {
      if (out[j].resp == nullptr) continue;
      ::explicit_bzero(out[j].resp, std::strlen(out[j].resp));
      std::free(out[j].resp);
    }
    std::free(out);
    return PAM_CONV_ERR;
  }
  *responses = out;
  return PAM_SUCCESS;
}

void on_fail_delay(int status, unsigned microseconds, void* data) {
  if (status != PAM_SUCCESS) static_cast<conversation*>(data)->fail_delay = std::chrono::microseconds(microseconds);
}

bool is_trouble(int status) {
  return status == PAM_AUTHINFO_UNAVAIL || status == PAM_ABORT || status == PAM_SYSTEM_ERR || status == PAM_OPEN_ERR ||
         status == PAM_SERVICE_ERR || status == PAM_BUF_ERR || status == PAM_SYMBOL_ERR || status == PAM_MODULE_UNKNOWN;
}

password_answer refuse(conversation& talk, int status, std::string_view reply) {
  password_answer out{.outcome = is_trouble(status) ? code::unavailable : code::no, .reply = std::string(reply)};
  out.detail = status == PAM_NEW_AUTHTOK_REQD ? "password expired" : ::pam_strerror(talk.handle, status);
  out.delay = std::chrono::ceil<std::chrono::milliseconds>(talk.fail_delay);
  return out;
}

password_answer judge(conversation& talk, std::string_view client_address) {
  auto const host = std::string(client_address.substr(0, client_address.find(';')));
  if (!host.empty()) ::pam_set_item(talk.handle, PAM_RHOST, host.c_str());
  // The only way to hand PAM a function is through its pointer to an object.
  ::pam_set_item(talk.handle, PAM_FAIL_DELAY, reinterpret_cast<void const*>(&on_fail_delay));
  if (int const status = ::pam_authenticate(talk.handle, PAM_SILENT); status != PAM_SUCCESS) {
    return refuse(talk, status, "PAM auth error");
  }
  if (int const status = ::pam_acct_mgmt(talk.handle, PAM_SILENT); status != PAM_SUCCESS) {
    return refuse(talk, status, "PAM acct error");
  }
  return {.outcome = code::yes};
}

// libpam unloads the modules of a stack at its end and loads them again for the next login, which takes longer than
// most of them need to answer. A reference of our own keeps them, for the life of this worker.
int keep_module(dl_phdr_info* object, std::size_t, void*) {
  if (std::strstr(object->dlpi_name, "/pam_") != nullptr) ::dlopen(object->dlpi_name, RTLD_NOW | RTLD_NOLOAD);
  return 0;
}

void keep_modules(std::string const& service) {
  constexpr std::size_t services_max = 16;
  static std::set<std::string> kept;
  if (kept.size() < services_max && kept.insert(service).second) ::dl_iterate_phdr(keep_module, nullptr);
}

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

}  // namespace

password_answer run_pam(password_question const& question, std::string const& service_directory) {
  if (question.service.empty() || has_nul(question.service) || question.service.find('/') != std::string::npos) {
    return {code::no, "PAM start error", "not the name of a service: '" + printable(question.service) + "'"};
  }
  if (has_nul(question.login) || has_nul(question.password.reveal())) {
    return {code::no, "PAM auth error", "a NUL in name or password"};
  }
  conversation talk{.login = question.login, .password = std::string(question.password.reveal())};
  pam_conv const functions{.conv = converse, .appdata_ptr = &talk};
  int status = service_directory.empty()
                   ? ::pam_start(question.service.c_str(), question.login.c_str(), &functions, &talk.handle)
                   : ::pam_start_confdir(question.service.c_str(), question.login.c_str(), &functions,
                                         service_directory.c_str(), &talk.handle);
  if (status != PAM_SUCCESS) return {code::unavailable, "PAM start error", ::pam_strerror(nullptr, status)};
  auto out = judge(talk, question.client_address);
  keep_modules(question.service);
  ::pam_end(talk.handle, PAM_SUCCESS);
  return out;
}

}  // namespace postern::auth
