#pragma once
// Purpose: puts one message into a Maildir so that it is there after a power cut, once, whole.
// Layout: MAILBOX/tmp/NAME.random while it is written, then MAILBOX/new/NAME,S=octets,W=octets; S is the file's size, W
//         the size with CRLF line ends, as Dovecot and Courier (Maildir++) read them. Line ends in the file are LF.
// Errors: a failure names the path and leaves nothing in new/; what is left in tmp/ after a crash, readers remove when
//         it is 36 hours old.
// Durability: commit() returns after the content and its name are on disk.
// Concurrency: none inside; many deliveries to one mailbox may run in many threads and processes.
// Limits: names up to 200 octets.
// Security: the caller chooses the path; name_part() makes foreign text fit for a file name.
// Source: Maildir, Maildir++.

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "os/filesystem.hpp"

namespace postern::store {

/// Letters, digits and '-', '_', '.', '@', '+' as they are, all else as "=XX": no slash, no leading dot, no colon.
std::string name_part(std::string_view text);

/// The name of a message in a Maildir, the same for each attempt: SECONDS.Qid.host. `id` must be unlike that of any
/// other delivery to the mailbox.
std::string format_maildir_name(wall_time arrival, std::string_view id, std::string_view host);

/// Creates tmp, new and cur where they are missing.
result<> prepare_maildir(os::filesystem& disk, std::string const& mailbox);

class maildir_delivery {
 public:
  enum class outcome : std::uint8_t {
    delivered,
    was_there,  ///< an earlier attempt got as far as new/; nothing was added
  };

  /// Pre: prepare_maildir(). `name` is of format_maildir_name.
  static result<maildir_delivery> begin(os::filesystem& disk, std::string mailbox, std::string name);
  maildir_delivery(maildir_delivery&&) noexcept = default;
  maildir_delivery& operator=(maildir_delivery&&) = delete;
  /// Removes the unfinished file.
  ~maildir_delivery();

  /// Content in wire form, in any pieces; CRLF becomes LF.
  result<> append(std::string_view wire);
  result<outcome> commit();

 private:
  maildir_delivery(os::filesystem& disk, std::string mailbox, std::string name, std::string temporary,
                   std::unique_ptr<os::append_file> file);
  result<> flush();

  os::filesystem* disk_;
  std::string mailbox_;
  std::string name_;
  std::string temporary_;
  std::unique_ptr<os::append_file> file_;  ///< null once committed or moved from
  std::string buffer_;
  bool pending_cr_ = false;
  std::uint64_t size_ = 0;
  std::uint64_t size_with_crlf_ = 0;
};

}  // namespace postern::store
