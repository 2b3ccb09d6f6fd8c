// account_store's device certificates. What they may do is their credential's business; here is which one is whose.
#include "auth/account_columns.hpp"
#include "auth/account_store.hpp"
#include "base/text.hpp"

namespace postern::auth {
namespace {

constexpr std::string_view name_prefix = "cert:";

std::string select_certificates(std::string_view condition) {
  std::string sql =
      "SELECT x.serial, x.fingerprint, x.account, x.device, c.name, x.issued, x.expires, c.revoked, u.used, "
      "u.address, u.service FROM certificates AS x LEFT JOIN credentials AS c ON c.id = x.credential "
      "LEFT JOIN usage AS u ON u.credential = c.id WHERE ";
  return sql.append(condition);
}

std::optional<wall_time> read_time(sqlite::statement const& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return from_seconds(row.integer(column));
}

device_certificate read_certificate(sqlite::statement const& row) {
  device_certificate found{.serial = row.text(0),
                           .fingerprint = row.text(1),
                           .account = row.text(2),
                           .device = row.text(3),
                           .credential = row.text(4),
                           .issued = from_seconds(row.integer(5)),
                           .expires = from_seconds(row.integer(6)),
                           .revoked = read_time(row, 7),
                           .last_used = {}};
  if (auto const used = read_time(row, 8)) found.last_used = {*used, row.text(9), row.text(10)};
  return found;
}

}  // namespace

std::string certificate_credential_name(std::string_view device, std::string_view serial) {
  return std::string(name_prefix).append(device).append(":").append(serial);
}

std::string_view certificate_device(std::string_view credential) {
  if (!credential.starts_with(name_prefix)) return {};
  credential.remove_prefix(name_prefix.size());
  return credential.substr(0, credential.rfind(':'));
}

result<bool> account_store::add_certificate(device_certificate const& issued) {
  auto const name = certificate_credential_name(issued.device, issued.serial);
  return change([&]() -> result<bool> {
    auto const account = touch(issued.account, change_kind::app_added, name, issued.issued);
    if (!account) return std::unexpected(account.error());
    if (!*account) return false;
    credential added;
    added.name = name;
    added.limits.expires = issued.expires;
    added.created = issued.issued;
    if (auto done = insert_credential(**account, added); !done) return std::unexpected(done.error());
    auto const rows = database_.run(
        "INSERT OR IGNORE INTO certificates (serial, fingerprint, credential, account, device, issued, expires) "
        "SELECT ?1, ?2, id, ?3, ?4, ?5, ?6 FROM credentials WHERE account = ?7 AND name = ?8",
        std::string_view(issued.serial), std::string_view(issued.fingerprint), std::string_view(issued.account),
        std::string_view(issued.device), to_seconds(issued.issued), to_seconds(issued.expires), **account,
        std::string_view(name));
    if (!rows) return std::unexpected(rows.error());
    return *rows == 1;
  });
}

result<bool> account_store::revoke_certificate(device_certificate const& issued, wall_time now) {
  return revoke_app_password(issued.account, issued.credential, now);
}

result<std::vector<device_certificate>> account_store::read_certificates(result<sqlite::statement> query) {
  if (!query) return std::unexpected(explain(query.error()));
  std::vector<device_certificate> all;
  result<bool> row = false;
  while ((row = query->step()) && *row) all.push_back(read_certificate(*query));
  if (!row) return std::unexpected(explain(row.error()));
  return all;
}

result<std::vector<device_certificate>> account_store::load_certificates(std::string_view account) {
  if (auto ready = reconnect_if_replaced(); !ready) return std::unexpected(ready.error());
  // Of those issued within one second, the revoked (they have no credential) come first, then the older.
  auto const sql =
      select_certificates("?1 = '' OR x.account = ?1 ORDER BY x.account, x.device, x.issued, x.credential");
  return read_certificates(database_.query(sql, account));
}

result<std::optional<device_certificate>> account_store::find_certificate(std::string_view fingerprint) {
  if (auto ready = reconnect_if_replaced(); !ready) return std::unexpected(ready.error());
  auto const wanted = lowercase(fingerprint);
  auto found = read_certificates(database_.query(select_certificates("x.fingerprint = ?1"), std::string_view(wanted)));
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return std::nullopt;
  return std::move(found->front());
}

}  // namespace postern::auth
