#pragma once
// Purpose: what one run of the load generator is to do, from its command line.

#include <chrono>
#include <string>

namespace postern::bench {

enum class tls_use { none, starttls, wrapper };

struct load_options {
  std::string host = "127.0.0.1";
  int port = 2525;
  int connections = 1;              ///< open at once
  int messages_per_connection = 1;  ///< before QUIT
  int messages = 100;               ///< acknowledged ones that end the run
  int warm_up = 0;                  ///< messages sent before, not counted; they also fill the store of TLS sessions
  std::size_t size = 2048;          ///< octets of a message, header included
  tls_use tls = tls_use::none;
  bool resume = false;     ///< TLS session resumption, one session a slot
  bool pipelining = true;  ///< MAIL, RCPT and DATA in one write when the server offers it
  bool quick_ack = false;  ///< without the kernel's delayed ACK
  std::string user;        ///< AUTH PLAIN when set; '%' becomes the slot's number modulo `users`
  int users = 1;
  std::string password;
  std::string helo = "load.example";
  std::string sender = "sender@load.example";
  std::string recipient = "recipient@sink.example";  ///< '%' as in user
  std::string acknowledged_file;                     ///< the X-Load-Id of each acknowledged message, one a line
  std::string run_id = "run";                        ///< first part of X-Load-Id
  bool tolerate = false;               ///< failures are counted and the connection made anew, until `deadline`
  bool idle = false;                   ///< log in and hold the connections instead of sending
  std::chrono::seconds hold{0};        ///< idle: how long; 0: until stdin closes
  std::chrono::seconds stall{30};      ///< a connection without progress for so long is a failure
  std::chrono::seconds deadline{600};  ///< of the whole run
};

/// Ends the program on --help and on wrong usage.
load_options parse_options(int argc, char** argv);

/// `pattern` with '%' replaced by slot modulo users.
std::string for_slot(std::string const& pattern, int slot, int users);

}  // namespace postern::bench
