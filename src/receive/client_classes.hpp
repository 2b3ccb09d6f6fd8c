#pragma once
// Purpose: parameters that name kinds of clients (local_header_rewrite_clients, smtpd_anonymize_clients): which of them
//          a client is.
// Layout: permit_inet_interfaces, permit_mynetworks, permit_sasl_authenticated, permit_tls_clientcerts,
//         permit_tls_all_clientcerts, permit_mail_access, and tables (check_address_map type:table, or the table alone)
//         that have the client's address.
// Errors: a word that is none of these, or a table that cannot be opened or would have to be waited for, is a failure.
// Concurrency: belongs to the loop's thread.
// Source: local_header_rewrite_clients of postconf(5).

#include <string>
#include <string_view>
#include <vector>

#include "base/ip.hpp"
#include "base/result.hpp"
#include "maps/lookup.hpp"

namespace postern::receive {

struct client_kind {
  ip_address address;
  bool logged_in = false;
  bool in_mynetworks = false;
  bool of_this_host = false;              ///< comes from an address of inet_interfaces
  std::vector<std::string_view> grounds;  ///< why the message's recipients were let in: "permit_mail_access (joe)"
};

class client_classes {
 public:
  static result<client_classes> load(std::string_view parameter, std::vector<std::string> const& words);
  bool has(client_kind const& client) const;

 private:
  std::vector<std::string> words_;
  maps::map_list tables_;
};

}  // namespace postern::receive
