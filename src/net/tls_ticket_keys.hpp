#pragma once
// Purpose: session ticket keys that all processes of a server share and that change with time, without talking to each
//          other. The supervisor makes one seed at its start and hands (epoch, rotation, seed) to each process. At
//          every epoch each process replaces the seed by HMAC(seed, "next"), so all have the same keys, and none can
//          compute an earlier one.
// Units: an epoch is `rotation` long (wall clock). A ticket is taken in the epoch of its making and in the one after
//        it.
// Limits: rotation is rotation_min at least, whatever lifetime is configured for sessions.
// Security: the seed is a secret; tickets made two epochs ago cannot be opened by anybody any more.

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/secret.hpp"

namespace postern::net {

class tls_ticket_keys {
 public:
  static constexpr std::chrono::seconds rotation_min{60};

  struct key {
    std::array<unsigned char, 16> name{};
    std::array<unsigned char, 32> cipher_key{};  ///< AES-256-CBC
    std::array<unsigned char, 32> mac_key{};     ///< HMAC-SHA256
  };

  tls_ticket_keys(std::uint64_t epoch, secret seed, std::chrono::seconds rotation);
  /// A seed of this process's own.
  static tls_ticket_keys random(std::chrono::seconds rotation);

  /// "<epoch> <rotation in seconds> <base64 seed>", how the supervisor hands it down. The rotation goes with it: epochs
  /// of another length would be other numbers. parse answers with nullptr on anything else.
  secret handed_down() const;
  static std::shared_ptr<tls_ticket_keys> parse(std::string_view text);

  /// The key to make tickets with now.
  key const& current();
  /// The key of that name if its ticket may still be taken; null otherwise.
  key const* find(unsigned char const* name);
  void advance_to(std::uint64_t epoch);

 private:
  std::uint64_t epoch_now() const;
  key derive() const;

  std::uint64_t epoch_;
  secret seed_;
  std::chrono::seconds rotation_;
  key current_;
  key previous_;
  bool has_previous_ = false;
};

}  // namespace postern::net
