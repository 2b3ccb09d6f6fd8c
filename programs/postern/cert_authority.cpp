// postern cert ca: the authority that signs the certificates of devices.
#include <cerrno>
#include <cstdio>

#include <fmt/format.h>

#include "os/directories.hpp"

#include "admin/certificate.hpp"
#include "admin/device_authority.hpp"
#include "admin/device_list.hpp"
#include "programs/postern/cert_command.hpp"

namespace postern::cli::cert {
namespace {

/// Its list ends with the authority: it is signed anew, too.
int renew_authority(workplace const& at, admin::device_authority& authority) {
  if (auto const renewed = authority.renew(); !renewed) return say(renewed.error().text);
  if (auto const listed = admin::renew_revocation_list(at.directory, at.store); !listed) {
    return say("it is renewed, but not its list of what is revoked: " + listed.error().text);
  }
  fmt::print(stderr, "postern cert: renewed; give `postern cert ca --export` to other programs that trust it{}\n",
             at.settings.text("smtpd_tls_CAfile").empty() ? "" : ", and run postern reload");
  return done;
}

}  // namespace

int show_authority(workplace const& at, request const& what) {
  auto authority = admin::device_authority::open(at.directory);
  if (!authority && authority.error().system_error == ENOENT) {
    return say("there is no authority yet; `postern cert issue` makes it");
  }
  if (!authority) return say(authority.error().text);
  if (what.renew) return renew_authority(at, *authority);
  if (what.show_certificate) {
    fmt::print("{}", authority->certificate_pem());
    return done;
  }
  if (what.show_list) {
    if (auto const listed = admin::renew_revocation_list(at.directory, at.store); !listed) {
      return say(listed.error().text);
    }
    auto const file = os::open_to_read(authority->list_path());
    auto const text = file ? os::read_whole(*file, 16UL * 1024 * 1024) : std::unexpected(file.error());
    if (!text) return say(text.error().text);
    fmt::print("{}", *text);
    return done;
  }
  auto const shown = admin::certificate::parse_pem(authority->certificate_pem());
  if (!shown) return say(shown.error().text);
  fmt::print("subject    {}\ndirectory  {}\nkey        {}\nsince      {}\nuntil      {}\nSHA-256    {}\n",
             shown->subject(), at.directory, shown->key_text(), format_utc(shown->not_before()),
             format_utc(shown->not_after()), authority->fingerprint());
  return done;
}

}  // namespace postern::cli::cert
