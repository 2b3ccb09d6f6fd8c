#pragma once
// Purpose: the private authority that signs device certificates (postern cert): made at first use, kept by root.
// Layout: docs/formats/device-certificates.md: a directory with ca.key, ca.pem and crl.pem.
// Errors: name the file, and what to do.
// Durability: the directory appears whole or not at all; the revocation list is replaced by rename.
// Concurrency: whoever makes the directory or the list holds a lock; any number of processes may try.
// Security: ECDSA P-256. The authority's certificate and those it signs are for TLS clients alone (extended key usage)
//           and it can sign no other authority (path length 0): whoever trusts it trusts no server by it.
//           [RFC 5280 §4.2.1.9, §4.2.1.12]

#include <chrono>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "os/unique_fd.hpp"

namespace postern::admin {

inline constexpr std::chrono::days authority_lifetime{3650};

struct device_request {
  std::string account;
  std::string device;
  std::chrono::days lifetime{730};  ///< cut to the end of the authority
};

struct issued_device {
  std::string serial;       ///< lower-case hexadecimal digits
  std::string fingerprint;  ///< SHA-256, likewise
  wall_time issued;
  wall_time expires;
  std::string certificate_pem;
  secret key_pem;
};

struct revoked_serial {
  std::string serial;
  wall_time when;
};

class device_authority {
 public:
  /// The one in that directory; a failure with system_error ENOENT when there is none.
  static result<device_authority> open(std::string directory);
  /// Makes it when there is none; `host` stands in its name.
  static result<device_authority> open_or_make(std::string directory, std::string const& host);

  /// Begins its lifetime anew, with the same key: certificates of devices stay good, and whoever trusts it elsewhere
  /// takes the new certificate.
  result<> renew();
  result<issued_device> issue(device_request const& wanted) const;
  /// `list` is called while nobody else writes the revocation list, so that none of two loses the other's.
  template <class List>
  result<> write_revocation_list(List const& list) const {
    auto lock = take_lock();
    if (!lock) return std::unexpected(lock.error());
    result<std::vector<revoked_serial>> revoked = list();
    if (!revoked) return std::unexpected(revoked.error());
    return replace_revocation_list(*revoked);
  }

  std::string const& certificate_pem() const noexcept { return certificate_pem_; }
  /// SHA-256, "AB:CD:…", what a person compares.
  std::string fingerprint() const;
  std::string list_path() const { return directory_ + "/crl.pem"; }

 private:
  device_authority(std::string directory, std::string certificate_pem, secret key_pem)
      : directory_(std::move(directory)), certificate_pem_(std::move(certificate_pem)), key_pem_(std::move(key_pem)) {}
  result<os::unique_fd> take_lock() const;
  result<> replace_file(std::string const& path, std::string_view content) const;
  result<> replace_revocation_list(std::vector<revoked_serial> const& revoked) const;

  std::string directory_;
  std::string certificate_pem_;
  secret key_pem_;
};

}  // namespace postern::admin
