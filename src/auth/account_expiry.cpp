// account_store's questions about time: what expired between two moments, and what does so next.
#include "auth/account_columns.hpp"
#include "auth/account_store.hpp"

namespace postern::auth {
namespace {

constexpr std::string_view expired_query = R"sql(
SELECT name, NULL FROM accounts WHERE expires > ?1 AND expires <= ?2
UNION ALL
SELECT a.name, c.name FROM credentials AS c JOIN accounts AS a ON a.id = c.account
WHERE c.expires > ?1 AND c.expires <= ?2 AND c.revoked IS NULL
)sql";

constexpr std::string_view next_query = R"sql(
SELECT min(expires) FROM (SELECT expires FROM accounts WHERE expires > ?1
UNION ALL SELECT expires FROM credentials WHERE expires > ?1 AND revoked IS NULL)
)sql";

}  // namespace

result<std::vector<expired_credential>> account_store::load_expired(wall_time since, wall_time until) {
  if (auto ready = reconnect_if_replaced(); !ready) return std::unexpected(ready.error());
  auto query = database_.query(expired_query, to_seconds(since), to_seconds(until));
  if (!query) return std::unexpected(explain(query.error()));
  std::vector<expired_credential> expired;
  result<bool> row = false;
  while ((row = query->step()) && *row) {
    expired.push_back({query->text(0), query->is_null(1) ? std::nullopt : std::optional(query->text(1))});
  }
  if (!row) return std::unexpected(explain(row.error()));
  return expired;
}

result<std::optional<wall_time>> account_store::load_next_expiry(wall_time after) {
  if (auto ready = reconnect_if_replaced(); !ready) return std::unexpected(ready.error());
  auto query = database_.query(next_query, to_seconds(after));
  if (!query) return std::unexpected(explain(query.error()));
  auto const row = query->step();
  if (!row) return std::unexpected(explain(row.error()));
  if (!*row || query->is_null(0)) return std::nullopt;
  return from_seconds(query->integer(0));
}

}  // namespace postern::auth
