#include "admin/device_authority.hpp"

#include <fcntl.h>

#include <cerrno>
#include <filesystem>

#include <sys/file.h>

#include "base/text.hpp"
#include "os/directories.hpp"
#include "os/filesystem.hpp"

#include "admin/device_signing.hpp"

namespace postern::admin {
namespace {

constexpr std::size_t file_octets_max = 64UL * 1024;

wall_time now() { return wall_time::clock::now(); }

result<std::string> read_text(std::string const& path) {
  auto const file = os::open_to_read(path);
  if (!file) return std::unexpected(file.error());
  return os::read_whole(*file, file_octets_max);
}

std::string parent_of(std::string const& path) { return std::filesystem::path(path).parent_path().string(); }

/// Waits for whoever has it; it goes with the descriptor.
result<os::unique_fd> lock_directory(std::string const& path) {
  os::unique_fd held(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!held) return fail_errno("opening " + path, errno);
  while (::flock(held.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return fail_errno("locking " + path, errno);
  }
  return held;
}

/// All three files of an authority that is new.
result<> write_authority(std::string const& directory, signed_authority const& made) {
  auto const certificate = openssl::parse_certificate(made.certificate_pem);
  auto const key = openssl::parse_key(made.key_pem);
  if (!certificate) return std::unexpected(certificate.error());
  if (!key) return std::unexpected(key.error());
  auto const list = sign_revocation_list(certificate->get(), key->get(), {}, now());
  if (!list) return std::unexpected(list.error());
  if (auto done = os::make_directory(directory, 0755); !done) return done;
  if (auto done = os::write_new_file(directory + "/ca.key", made.key_pem.reveal(), 0600); !done) return done;
  if (auto done = os::write_new_file(directory + "/ca.pem", made.certificate_pem, 0644); !done) return done;
  return os::write_new_file(directory + "/crl.pem", *list, 0644);
}

}  // namespace

result<device_authority> device_authority::open(std::string directory) {
  // First what everybody may read: who is told that it is missing is told so rightly.
  auto certificate = read_text(directory + "/ca.pem");
  if (!certificate) return std::unexpected(certificate.error());
  auto key = read_text(directory + "/ca.key");
  if (!key) return fail("the authority's key: " + key.error().text);
  secret key_pem(std::move(*key));
  return device_authority(std::move(directory), std::move(*certificate), std::move(key_pem));
}

// Under a name of its own until it is whole; what a killed process left under that name is nobody's.
result<device_authority> device_authority::open_or_make(std::string directory, std::string const& host) {
  auto there = open(directory);
  if (there || there.error().system_error != ENOENT) return there;
  auto const parent = parent_of(directory);
  auto const lock = lock_directory(parent);
  if (!lock) return std::unexpected(lock.error());
  there = open(directory);
  if (there || there.error().system_error != ENOENT) return there;

  auto const made = sign_authority(host, now());
  if (!made) return std::unexpected(made.error());
  auto const unfinished = directory + ".new";
  std::error_code trouble;
  std::filesystem::remove_all(unfinished, trouble);
  if (trouble) return fail("removing " + unfinished + ": " + trouble.message());
  if (auto done = write_authority(unfinished, *made); !done) return std::unexpected(done.error());
  auto& files = os::native_filesystem();
  if (auto done = files.rename(unfinished, directory); !done) return std::unexpected(done.error());
  if (auto done = files.sync_directory(parent); !done) return std::unexpected(done.error());
  return open(std::move(directory));
}

result<> device_authority::renew() {
  auto const lock = take_lock();
  if (!lock) return std::unexpected(lock.error());
  auto const certificate = openssl::parse_certificate(certificate_pem_);
  auto const key = openssl::parse_key(key_pem_);
  if (!certificate) return std::unexpected(certificate.error());
  if (!key) return std::unexpected(key.error());
  auto renewed = sign_renewed_authority(certificate->get(), key->get(), now());
  if (!renewed) return std::unexpected(renewed.error());
  if (auto done = replace_file(directory_ + "/ca.pem", *renewed); !done) return done;
  certificate_pem_ = std::move(*renewed);
  return {};
}

result<issued_device> device_authority::issue(device_request const& wanted) const {
  auto const certificate = openssl::parse_certificate(certificate_pem_);
  auto const key = openssl::parse_key(key_pem_);
  if (!certificate) return std::unexpected(certificate.error());
  if (!key) return std::unexpected(key.error());
  if (end_of(certificate->get()) <= now())
    return fail("the authority in " + directory_ + " has expired; `postern cert ca --renew`");
  return sign_device(certificate->get(), key->get(), wanted, now());
}

std::string device_authority::fingerprint() const {
  auto const certificate = openssl::parse_certificate(certificate_pem_);
  std::string out;
  if (!certificate) return out;
  auto const digits = uppercase(openssl::fingerprint_of(certificate->get()));
  for (std::size_t i = 0; i < digits.size(); i += 2) out += (out.empty() ? "" : ":") + digits.substr(i, 2);
  return out;
}

result<os::unique_fd> device_authority::take_lock() const { return lock_directory(directory_); }

// For who holds the lock: what lies there unfinished is of a process that was killed.
result<> device_authority::replace_file(std::string const& path, std::string_view content) const {
  auto const unfinished = path + ".new";
  std::error_code ignored;
  std::filesystem::remove(unfinished, ignored);
  if (auto done = os::write_new_file(unfinished, content, 0644); !done) return done;
  auto& files = os::native_filesystem();
  if (auto done = files.rename(unfinished, path); !done) return done;
  return files.sync_directory(directory_);
}

result<> device_authority::replace_revocation_list(std::vector<revoked_serial> const& revoked) const {
  auto const certificate = openssl::parse_certificate(certificate_pem_);
  auto const key = openssl::parse_key(key_pem_);
  if (!certificate) return std::unexpected(certificate.error());
  if (!key) return std::unexpected(key.error());
  auto const list = sign_revocation_list(certificate->get(), key->get(), revoked, now());
  if (!list) return std::unexpected(list.error());
  return replace_file(list_path(), *list);
}

}  // namespace postern::admin
