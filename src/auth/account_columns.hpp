#pragma once
// Purpose: how account_store's values stand in the columns of its tables.
// Layout: docs/formats/accounts.md.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/account.hpp"

namespace postern::auth {

/// The schemes of the table `verifiers`.
inline constexpr std::array<std::pair<std::string_view, std::string verifier_set::*>, 8> verifier_schemes{{
    {"argon2id", &verifier_set::argon2id},
    {"scram-sha-1", &verifier_set::scram_sha_1},
    {"scram-sha-256", &verifier_set::scram_sha_256},
    {"scram-sha-512", &verifier_set::scram_sha_512},
    {"sha-256", &verifier_set::sha_256},
    {"cram-md5", &verifier_set::cram_md5},
    {"digest-md5", &verifier_set::digest_md5},
    {"imported", &verifier_set::imported},
}};

std::int64_t to_seconds(wall_time when);
std::optional<std::int64_t> to_seconds(std::optional<wall_time> when);
wall_time from_seconds(std::int64_t seconds);

/// "smtp,imap"; empty for all.
std::string format_scopes(std::vector<std::string> const& scopes);
std::vector<std::string> parse_scopes(std::string_view text);
/// "192.0.2.0/24,[2001:db8::]/32"; what cannot be read becomes a network that nobody is in.
std::string format_networks(std::vector<ip_network> const& networks);
std::vector<ip_network> parse_networks(std::string_view text);

/// "app_revoked", …
std::string_view format_change_kind(change_kind kind);
/// Absent: a kind that a newer program wrote.
std::optional<change_kind> parse_change_kind(std::string_view name);

}  // namespace postern::auth
