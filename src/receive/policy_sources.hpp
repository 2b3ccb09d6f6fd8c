#pragma once
// Purpose: single answers to what policy asks, for smtpd and for `postern access explain`: the DNS, accounts.
// Errors: what could not be asked is answered as such.
// Concurrency: the loop's thread.

#include <string>

#include "net/resolver.hpp"
#include "policy/questions.hpp"
#include "receive/auth_client.hpp"

namespace postern::receive {

/// `resolver` may be null: then everything has to be tried again.
net::task<policy::dns_answer> ask_dns(net::resolver* resolver, policy::dns_question asked);

/// Whether an account or a user of the system has the address, by each of the names that `local` would deliver under.
/// `users` may be null: without somebody to ask everybody exists, and `local` finds out.
net::task<policy::existence> find_account(auth_client* users, std::string recipient_delimiter, std::string address);

/// What the DNS says of a client: its confirmed name, and the name that its address has.
struct client_names {
  std::string name = "unknown";
  policy::name_status status = policy::name_status::permanent;
  std::string reverse_name = "unknown";
  policy::name_status reverse_status = policy::name_status::permanent;
};
net::task<client_names> find_client_names(net::resolver* resolver, ip_address address);

}  // namespace postern::receive
