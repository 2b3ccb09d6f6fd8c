#pragma once
// Purpose: a Berkeley DB hash file as octets, in memory: read without libdb, written with it.
// Layout: page 0 is the hash's meta page: magic 0x061561 at offset 12, version at 16, page size at 20, last page at 32.
//         Every page: number at 8, next page at 16, count of items at 20, type at 25, from 26 on the items' offsets,
//         16 bits each. Items grow from the page's end; even ones are keys, odd ones values. An item's first octet is
//         its type: 1 the octets themselves, 3 (at offset 4) the first page of a chain and (at 8) the length.
//         Numbers are in the order of the machine that made the file. Hash versions 8 and 9 (Berkeley DB 4 to 5.3).
// Errors: what is not such a file, or is damaged, is a failure that says so.
// Limits: image_octets_max. Every number of the file is checked before it is used; chains end.
// Security: libdb trusts what it reads, and this file may have been written by a member of a group: it is parsed
//           here, byte by byte checked. A new image holds what is asked for and nothing that was deleted.
// Source: the files that libdb 5.3 writes; db_dump(1) and Cyrus's own programs check ours

#include <cstddef>
#include <string>
#include <string_view>

#include "auth/sasldb/record.hpp"
#include "base/result.hpp"

namespace postern::auth::sasldb {

inline constexpr std::size_t image_octets_max = std::size_t{256} * 1024 * 1024;

/// Does a file that begins so claim to be a Berkeley DB of any kind?
bool is_berkeley_db(std::string_view head);

result<records> parse_berkeley_hash(std::string_view image);

/// A whole new file; the later of two records with the same key wins. Blocks for milliseconds; makes no file.
result<secret> make_berkeley_hash(records const& content);

}  // namespace postern::auth::sasldb
