#include "os/fd_passing.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>

namespace postern::os {
namespace {

constexpr std::size_t control_size = CMSG_SPACE(fds_in_message_max * sizeof(int));

struct alignas(cmsghdr) control_buffer {
  std::array<char, control_size> octets;
};

std::vector<unique_fd> take_fds(msghdr& message) {
  std::vector<unique_fd> fds;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    auto count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      fds.emplace_back(fd);
    }
  }
  return fds;
}

}  // namespace

result<std::size_t> send_with_fds(int socket, std::span<char const> octets, std::span<int const> fds) {
  if (fds.size() > fds_in_message_max) return fail("too many descriptors in one message");
  iovec piece{const_cast<char*>(octets.data()), octets.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  control_buffer control{};
  if (!fds.empty()) {
    message.msg_control = control.octets.data();
    message.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
  }
  ssize_t sent = -1;
  do sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent < 0) return fail_errno("sendmsg", errno);
  return static_cast<std::size_t>(sent);
}

result<received_with_fds> receive_with_fds(int socket, std::span<char> buffer) {
  iovec piece{buffer.data(), buffer.size()};
  control_buffer control;
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.octets.data();
  message.msg_controllen = control.octets.size();
  ssize_t got = -1;
  do got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got < 0) return fail_errno("recvmsg", errno);
  received_with_fds received{static_cast<std::size_t>(got), take_fds(message)};
  if ((message.msg_flags & MSG_CTRUNC) != 0) return fail("descriptors were lost: the open-file limit may be reached");
  return received;
}

}  // namespace postern::os
