#pragma once
// Purpose: delivers one request into local mailboxes, recipient by recipient, and logs and answers for each.
// Layout: before the content go Return-Path, X-Original-To and Delivered-To, as Postfix's local(8) writes them.
// Durability: store::maildir_delivery; the same queue id and recipient twice is one message while it stands in new/.
// Concurrency: decisions on the loop's thread, the disk in worker threads.
// Security: in a system service, which runs as root, files are made with the file system identity of their owner. A
//           Delivered-To of the same address ends a loop as a bounce. [RFC 5321 §6.3]

#include <string>

#include "delivery/content_source.hpp"
#include "delivery/mailbox.hpp"
#include "delivery/user_directory.hpp"
#include "delivery/worker_pool.hpp"
#include "ipc/delivery_protocol.hpp"
#include "os/filesystem.hpp"

namespace postern::delivery {

class local_mailer {
 public:
  local_mailer(net::event_loop& loop, os::filesystem& disk, local_settings settings, std::string auth_socket);

  net::task<ipc::delivery_answer> deliver(ipc::delivery_request request, os::unique_fd segment);

 private:
  static constexpr std::size_t threads = 8;
  net::task<ipc::recipient_answer> deliver_one(ipc::delivery_request const& request, std::size_t index, int segment);

  os::filesystem& disk_;
  local_settings settings_;
  worker_pool workers_;
  user_directory users_;
};

/// What a worker thread needs to know of one delivery.
struct mailbox_job {
  std::string mailbox;
  std::string name;          ///< of store::format_maildir_name
  std::string header;        ///< in front of the content, CRLF
  std::string delivered_to;  ///< an address that must not stand in a Delivered-To of the content
  std::string as_user;       ///< whose files these shall be; empty: our own
};

struct mailbox_outcome {
  ipc::recipient_outcome is = ipc::recipient_outcome::delivered;
  std::string status;
  std::string text;
};

/// Writes one message; blocking.
mailbox_outcome deliver_to_mailbox(os::filesystem& disk, mailbox_job const& job, content_source content);

/// True when the header section has "Delivered-To: address". Case does not count. `header` may end anywhere.
bool has_delivered_to(std::string_view header, std::string_view address);

}  // namespace postern::delivery
