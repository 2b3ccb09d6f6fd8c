#include "admin/device_list.hpp"

#include <cerrno>

#include "admin/device_authority.hpp"

namespace postern::admin {

result<> renew_revocation_list(std::string const& directory, auth::account_store& store) {
  auto const authority = device_authority::open(directory);
  if (!authority && authority.error().system_error == ENOENT) return {};
  if (!authority) return std::unexpected(authority.error());
  return authority->write_revocation_list([&]() -> result<std::vector<revoked_serial>> {
    auto const all = store.load_certificates();
    if (!all) return std::unexpected(all.error());
    auto const now = wall_time::clock::now();
    std::vector<revoked_serial> revoked;
    for (auto const& one : *all) {
      bool const gone = one.credential.empty();
      if (one.expires > now && (gone || one.revoked)) revoked.push_back({one.serial, one.revoked.value_or(now)});
    }
    return revoked;
  });
}

}  // namespace postern::admin
