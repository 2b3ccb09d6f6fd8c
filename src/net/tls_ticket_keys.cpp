#include "net/tls_ticket_keys.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "os/random.hpp"

namespace postern::net {
namespace {

constexpr std::size_t seed_octets = 32;

std::array<unsigned char, 32> keyed(std::string_view seed, std::string_view label) {
  std::array<unsigned char, 32> out{};
  unsigned length = out.size();
  HMAC(EVP_sha256(), seed.data(), static_cast<int>(seed.size()), reinterpret_cast<unsigned char const*>(label.data()),
       label.size(), out.data(), &length);
  return out;
}

std::uint64_t epoch_of(std::chrono::system_clock::time_point when, std::chrono::seconds rotation) {
  return static_cast<std::uint64_t>(when.time_since_epoch() / rotation);
}

}  // namespace

tls_ticket_keys::tls_ticket_keys(std::uint64_t epoch, secret seed, std::chrono::seconds rotation)
    : epoch_(epoch), seed_(std::move(seed)), rotation_(std::max(rotation, rotation_min)), current_(derive()) {}

tls_ticket_keys tls_ticket_keys::random(std::chrono::seconds rotation) {
  rotation = std::max(rotation, rotation_min);
  return {epoch_of(std::chrono::system_clock::now(), rotation), secret(os::random_octets(seed_octets)), rotation};
}

secret tls_ticket_keys::handed_down() const {
  return secret(fmt::format("{} {} ", epoch_, rotation_.count()) + encode_base64(seed_.reveal()));
}

std::shared_ptr<tls_ticket_keys> tls_ticket_keys::parse(std::string_view text) {
  auto words = split_any(text, " \n");
  if (words.size() != 3) return nullptr;
  auto epoch = parse_unsigned(words[0]);
  auto rotation = parse_unsigned(words[1]);
  auto seed = decode_base64(words[2]);
  if (!epoch || !rotation || !seed || seed->size() != seed_octets) return nullptr;
  return std::make_shared<tls_ticket_keys>(*epoch, secret(std::move(*seed)), std::chrono::seconds(*rotation));
}

tls_ticket_keys::key tls_ticket_keys::derive() const {
  key made;
  auto name = keyed(seed_.reveal(), "name");
  std::copy_n(name.begin(), made.name.size(), made.name.begin());
  made.cipher_key = keyed(seed_.reveal(), "cipher");
  made.mac_key = keyed(seed_.reveal(), "mac");
  return made;
}

std::uint64_t tls_ticket_keys::epoch_now() const { return epoch_of(std::chrono::system_clock::now(), rotation_); }

void tls_ticket_keys::advance_to(std::uint64_t epoch) {
  // A clock that jumped far ahead costs one HMAC an epoch; bound it, the keys only have to be the same everywhere.
  constexpr std::uint64_t steps_max = 1'000'000;
  if (epoch > epoch_ + steps_max) epoch = epoch_ + steps_max;
  for (; epoch_ < epoch; ++epoch_) {
    previous_ = current_;
    has_previous_ = true;
    auto next = keyed(seed_.reveal(), "next");
    seed_ = secret(std::string(reinterpret_cast<char const*>(next.data()), next.size()));
    current_ = derive();
  }
}

tls_ticket_keys::key const& tls_ticket_keys::current() {
  advance_to(epoch_now());
  return current_;
}

tls_ticket_keys::key const* tls_ticket_keys::find(unsigned char const* name) {
  advance_to(epoch_now());
  if (std::equal(current_.name.begin(), current_.name.end(), name)) return &current_;
  if (has_previous_ && std::equal(previous_.name.begin(), previous_.name.end(), name)) return &previous_;
  return nullptr;
}

}  // namespace postern::net
