#include <bit>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

#include "auth/sasldb/berkeley_hash.hpp"

namespace postern::auth::sasldb {
namespace {

constexpr std::uint32_t hash_magic = 0x061561;
constexpr std::uint32_t version_min = 8;
constexpr std::uint32_t version_max = 9;
constexpr std::size_t page_size_min = 512;
constexpr std::size_t page_size_max = 65536;
constexpr std::size_t meta_octets = 72;  ///< of the part that all kinds of Berkeley DB share
constexpr std::size_t page_header_octets = 26;

constexpr unsigned page_hash_unsorted = 2;
constexpr unsigned page_overflow = 7;
constexpr unsigned page_hash_meta = 8;
constexpr unsigned page_hash = 13;
constexpr unsigned item_here = 1;
constexpr unsigned item_on_pages = 3;
constexpr unsigned meta_checksums = 1;

std::unexpected<failure> damaged(std::size_t page, std::string_view what) {
  return fail(fmt::format("page {} is damaged: {}", page, what));
}

/// Numbers at places that were checked to be inside.
class byte_order {
 public:
  explicit byte_order(bool swapped) : swapped_(swapped) {}
  std::uint32_t number32(std::string_view from, std::size_t at) const {
    std::uint32_t out = 0;
    std::memcpy(&out, from.data() + at, sizeof out);
    return swapped_ ? std::byteswap(out) : out;
  }
  std::uint16_t number16(std::string_view from, std::size_t at) const {
    std::uint16_t out = 0;
    std::memcpy(&out, from.data() + at, sizeof out);
    return swapped_ ? std::byteswap(out) : out;
  }

 private:
  bool swapped_;
};

std::uint32_t magic_of(std::string_view head) { return byte_order(false).number32(head, 12); }

class reader {
 public:
  reader(std::string_view image, byte_order order, std::size_t page_size)
      : image_(image), order_(order), page_size_(page_size), pages_(image.size() / page_size) {}

  result<records> read_all() {
    records out;
    for (std::size_t number = 1; number < pages_; ++number) {
      auto const type = type_of(page(number));
      if (type != page_hash && type != page_hash_unsorted) continue;
      if (auto taken = read_page(number, out); !taken) return std::unexpected(taken.error());
    }
    return out;
  }

 private:
  std::string_view page(std::size_t number) const { return image_.substr(number * page_size_, page_size_); }
  static unsigned type_of(std::string_view page) { return static_cast<unsigned char>(page[25]); }

  result<> read_page(std::size_t number, records& out) const {
    auto const all = page(number);
    std::size_t const count = order_.number16(all, 20);
    if (count % 2 != 0) return damaged(number, "a key without a value");
    if (page_header_octets + 2 * count > page_size_) return damaged(number, "more items than it has room for");
    std::size_t end = page_size_;
    for (std::size_t i = 0; i < count; i += 2) {
      auto key = take_item(number, all, i, end);
      if (!key) return std::unexpected(key.error());
      auto value = take_item(number, all, i + 1, end);
      if (!value) return std::unexpected(value.error());
      out.push_back({std::move(*key), secret(std::move(*value))});
    }
    return {};
  }

  /// Items stand one before the other: `end` is where the last one began.
  result<std::string> take_item(std::size_t number, std::string_view all, std::size_t index, std::size_t& end) const {
    std::size_t const begin = order_.number16(all, page_header_octets + 2 * index);
    if (begin < page_header_octets || begin >= end) return damaged(number, "an item outside");
    auto const item = all.substr(begin, end - begin);
    end = begin;
    switch (static_cast<unsigned char>(item[0])) {
      case item_here:
        return std::string(item.substr(1));
      case item_on_pages:
        return read_chain(number, item);
      default:
        return damaged(number, "an item of a kind that sasldb2 does not have");
    }
  }

  result<std::string> read_chain(std::size_t number, std::string_view item) const {
    if (item.size() < 12) return damaged(number, "a reference that is too short");
    std::size_t next = order_.number32(item, 4);
    std::size_t const length = order_.number32(item, 8);
    if (length > image_.size()) return damaged(number, "a value longer than the file");
    std::string out;
    out.reserve(length);  // no reallocation leaves a copy behind
    while (out.size() < length) {
      if (next == 0 || next >= pages_) return damaged(number, "a value that ends too early");
      auto const all = page(next);
      std::size_t const here = order_.number16(all, 22);
      if (type_of(all) != page_overflow || here == 0 || here > page_size_ - page_header_octets) {
        return damaged(next, "no part of a value");
      }
      if (here > length - out.size()) return damaged(next, "a value longer than it says");
      out += all.substr(page_header_octets, here);
      next = order_.number32(all, 16);
    }
    return out;
  }

  std::string_view image_;
  byte_order order_;
  std::size_t page_size_;
  std::size_t pages_;
};

}  // namespace

bool is_berkeley_db(std::string_view head) {
  if (head.size() < 16) return false;
  for (std::uint32_t const magic : {hash_magic, 0x053162U /*btree*/, 0x042253U /*queue*/, 0x074582U /*heap*/}) {
    if (magic_of(head) == magic || magic_of(head) == std::byteswap(magic)) return true;
  }
  return false;
}

result<records> parse_berkeley_hash(std::string_view image) {
  if (image.size() < meta_octets || !is_berkeley_db(image)) return fail("this is no Berkeley DB file");
  if (image.size() > image_octets_max) return fail("the file is larger than 256 MiB");
  bool const swapped = magic_of(image) == std::byteswap(hash_magic);
  if (!swapped && magic_of(image) != hash_magic) return fail("this is a Berkeley DB file, but no hash");
  byte_order const order(swapped);
  auto const version = order.number32(image, 16);
  if (version < version_min || version > version_max) {
    return fail(fmt::format("a Berkeley DB hash of version {}; 8 and 9 are understood", version));
  }
  std::size_t const page_size = order.number32(image, 20);
  if (page_size < page_size_min || page_size > page_size_max || !std::has_single_bit(page_size)) {
    return damaged(0, "an impossible page size");
  }
  if (image.size() < page_size) return damaged(0, "the file ends inside");
  if (image[24] != 0 || (static_cast<unsigned char>(image[26]) & meta_checksums) != 0) {
    return fail("the database is encrypted or has checksums, as no sasldb2 has");
  }
  if (static_cast<unsigned char>(image[25]) != page_hash_meta) return damaged(0, "no meta page");
  if (std::uint64_t{order.number32(image, 32)} + 1 > image.size() / page_size) {
    return fail("the file is shorter than it says: a copy of it was cut short, or it is being written");
  }
  return reader(image, order, page_size).read_all();
}

}  // namespace postern::auth::sasldb
