#pragma once
// Purpose: smtpd_proxy_filter: a content filter in front of the queue. Each message goes to it by SMTP while it comes
//          in, and its reply is the client's; what it lets through comes back on a port of its own.
// Errors: a filter that cannot be reached, breaks off or says nothing in time is a temporary refusal; the log says
//         which. A filter's 4xx and 5xx reach the client as they are, at the end of the message.
// Limits: smtpd_proxy_timeout for each wait; replies as smtp::reply_limits. Nothing of the message is held, but with
//         smtpd_proxy_options = speed_adjust: then all of it (receive/held_content), and the filter hears of it at its
//         end.
// Concurrency: one object a message, on the loop's thread.
// Source: SMTPD_PROXY_README, XFORWARD_README.

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "net/stream.hpp"
#include "os/sandbox.hpp"
#include "smtp/dot_stuffer.hpp"
#include "smtp/envelope.hpp"
#include "smtp/reply.hpp"
#include "smtp/reply_reader.hpp"

namespace postern::receive {

struct proxy_settings {
  std::string name;  ///< as main.cf has it; empty: no filter
  std::string path;  ///< of a UNIX socket; empty: TCP
  net::endpoint where;
  std::string helo_name;  ///< smtpd_proxy_ehlo
  std::chrono::seconds timeout{100};
  bool whole_first = false;  ///< smtpd_proxy_options = speed_adjust: the filter waits for no client
};
/// Looks the host up; for start-up, before the sandbox closes.
result<proxy_settings> load_proxy_settings(config::settings const& settings);
void ask_for_proxy(proxy_settings const& settings, os::sandbox_rules& rules);

/// What XFORWARD tells the filter about the client, where it wants to know.
struct forwarded_client {
  std::string name;
  std::string address;  ///< "192.0.2.1", "IPv6:2001:db8::1"
  std::string port;
  std::string protocol;  ///< "ESMTP"
  std::string helo;
  std::string ident;   ///< of this message
  std::string source;  ///< "LOCAL" or "REMOTE"
};

class proxy_filter {
 public:
  proxy_filter(net::event_loop& loop, proxy_settings const& settings) : loop_(loop), settings_(settings) {}
  proxy_filter(proxy_filter const&) = delete;
  proxy_filter& operator=(proxy_filter const&) = delete;

  /// Up to the filter's 354. What goes wrong is kept for finish().
  net::task<> begin(forwarded_client client, smtp::transaction const& envelope);
  net::task<> send(std::span<std::string_view const> content);
  /// The end of the content: what the client is told.
  net::task<smtp::reply> finish();
  /// Ends it without the message's end.
  void break_off(std::string why);
  /// Why it said no; empty: it did not, or said so itself.
  std::string const& trouble() const noexcept { return trouble_; }

 private:
  bool is_open() const noexcept { return stream_ != nullptr && !refusal_; }
  net::task<> ask(std::string command, int category);
  net::task<> read_reply(int category, std::string_view after);
  net::task<> introduce();
  net::task<> forward(forwarded_client client);
  net::task<> write(std::string_view text);

  net::event_loop& loop_;
  proxy_settings const& settings_;
  std::unique_ptr<net::stream> stream_;
  smtp::reply_reader reader_;
  std::string input_;
  smtp::dot_stuffer stuffer_;
  std::vector<std::string> features_;  ///< of EHLO, upper case
  std::optional<smtp::reply> refusal_;
  std::string trouble_;
};

}  // namespace postern::receive
