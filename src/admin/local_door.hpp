#pragma once
// Purpose: hands a message in at the local door (receive/local_submission.hpp): SMTP over its UNIX socket, for the
//          sendmail command, so it blocks.
// Errors: a handing_failure with the exit status that sendmail has for it (sysexits.h). All recipients are taken, or
//         nothing is.
// Durability: a success means that the message is on disk.
// Limits: reply_limit for each reply, content_limit for the last one, within which mail filters answer too.

#include <chrono>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "os/unique_fd.hpp"
#include "smtp/reply_reader.hpp"

#include "admin/handed_message.hpp"

namespace postern::admin {

struct handed_envelope {
  std::string sender;  ///< form of message/address.hpp
  std::vector<std::string> recipients;
  std::string notify;       ///< of DSN: "NEVER" or "SUCCESS,DELAY"; empty: not said. Likewise the others
  std::string ret;          ///< "FULL", "HDRS"
  std::string envelope_id;  ///< as it is
  bool eight_bit = false;
};

struct handing_failure {
  int status = 0;
  std::string text;
};

class local_door {
 public:
  static constexpr auto reply_limit = std::chrono::seconds(120);  ///< the server may have to be started first
  static constexpr auto content_limit = std::chrono::seconds(900);
  template <class T = void>
  using outcome = std::expected<T, handing_failure>;

  /// `path`: the socket.
  static outcome<local_door> open(std::string const& path);

  /// The queue id.
  outcome<std::string> hand_in(handed_envelope const& envelope, handed_message& message);
  /// SMTP as it comes, from one descriptor to the other, until the server closes.
  outcome<> pass_through(int from, int to);

 private:
  explicit local_door(os::unique_fd socket) : socket_(std::move(socket)) {}
  outcome<smtp::server_reply> ask(std::string_view line, int category, std::chrono::seconds within = reply_limit);
  outcome<smtp::server_reply> read_reply(int category, std::chrono::seconds within);
  outcome<> write(std::string_view text);
  outcome<> name_envelope(handed_envelope const& envelope);

  os::unique_fd socket_;
  smtp::reply_reader reader_;
  std::string input_;
};

}  // namespace postern::admin
