#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "delivery/local_delivery.hpp"
#include "os/filesystem_identity.hpp"
#include "store/maildir.hpp"

namespace postern::delivery {
namespace {

using outcome = ipc::recipient_outcome;
constexpr std::size_t piece_octets = 64 * 1024;

mailbox_outcome trouble(failure const& why) {
  return {outcome::deferred, "4.3.0", fmt::format("maildir delivery failed: {}", why.text)};
}

mailbox_outcome write_message(os::filesystem& disk, mailbox_job const& job, content_source& content) {
  if (auto ready = store::prepare_maildir(disk, job.mailbox); !ready) return trouble(ready.error());
  auto delivery = store::maildir_delivery::begin(disk, job.mailbox, job.name);
  if (!delivery) return trouble(delivery.error());
  if (auto put = delivery->append(job.header); !put) return trouble(put.error());
  std::string buffer(piece_octets, '\0');
  for (bool first = true;; first = false) {
    auto got = content.read(buffer);
    if (!got) return trouble(got.error());
    if (*got == 0) break;
    auto piece = std::string_view(buffer).substr(0, *got);
    if (first && has_delivered_to(piece, job.delivered_to)) {
      return {outcome::bounced, "5.4.6", fmt::format("mail forwarding loop for {}", printable(job.delivered_to))};
    }
    if (auto put = delivery->append(piece); !put) return trouble(put.error());
  }
  auto done = delivery->commit();
  if (!done) return trouble(done.error());
  bool again = *done == store::maildir_delivery::outcome::was_there;
  return {outcome::delivered, "2.0.0", again ? "already delivered to maildir" : "delivered to maildir"};
}

}  // namespace

bool has_delivered_to(std::string_view header, std::string_view address) {
  constexpr std::string_view field = "Delivered-To:";
  while (!header.empty() && !header.starts_with("\r\n")) {
    auto line = header.substr(0, header.find("\r\n"));
    if (istarts_with(line, field) && iequals(trim(line.substr(field.size())), address)) return true;
    header.remove_prefix(std::min(line.size() + 2, header.size()));
  }
  return false;
}

mailbox_outcome deliver_to_mailbox(os::filesystem& disk, mailbox_job const& job, content_source content) {
  if (job.as_user.empty()) return write_message(disk, job, content);
  auto identity = os::filesystem_identity::of_user(job.as_user);
  if (!identity) return trouble(identity.error());
  if (auto own = identity->check_own_directory(job.mailbox); !own) return trouble(own.error());
  return write_message(disk, job, content);
}

}  // namespace postern::delivery
