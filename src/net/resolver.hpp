#pragma once
// Purpose: asks the DNS without blocking: addresses, mail exchangers, names of addresses, texts; /etc/hosts comes first
//          where it can answer. libunbound does the work in a thread of its own that the first lookup starts.
// Errors: an answer says whether the name is missing, has no such record, or could not be asked; `error` is a sentence
//         in the form that Postfix logs.
// Concurrency: the loop's thread.
// Limits: each lookup has the options' deadline; the cache is bounded by cache_octets.
// Security: all files are read by load_resolver_options(), so a sandboxed program can use it. `secure` is true only
//           when a trust anchor is configured and the answer was validated. Names in answers passed
//           dns::is_host_name().

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ip.hpp"
#include "base/result.hpp"
#include "dns/record.hpp"
#include "net/event_loop.hpp"
#include "net/hosts_table.hpp"

namespace postern::net {

struct resolver_options {
  std::vector<std::string> servers;  ///< "192.0.2.1" or "192.0.2.1@5353"; empty: ask the root servers ourselves
  hosts_table hosts;
  std::vector<std::string> trust_anchors;  ///< DS or DNSKEY records as text; empty: nothing is validated
  std::chrono::milliseconds deadline{std::chrono::seconds(20)};
  std::size_t cache_octets = 4 * 1024 * 1024;
};

struct resolver_files {
  std::string resolv_conf = "/etc/resolv.conf";
  std::string hosts = "/etc/hosts";
  std::string trust_anchor = {};  ///< file with the root's key; empty: no validation
};

/// Reads the files. `servers` is a list as parameter resolver_address has it (ip, ip@port); empty: resolv.conf's, and
/// 127.0.0.1 when that names none. Fails when a server is not an address.
result<resolver_options> load_resolver_options(std::vector<std::string> const& servers,
                                               resolver_files const& files = {});

enum class lookup_status {
  found,
  no_such_name,  ///< NXDOMAIN
  no_such_data,  ///< the name exists, without such a record
  try_again,     ///< no answer, SERVFAIL, bogus, time-out
};

template <class T>
struct lookup {
  lookup_status status = lookup_status::try_again;
  std::vector<T> records = {};
  bool secure = false;
  std::string error = {};  ///< empty when found
};

enum class address_family { any, v4, v6 };

class resolver {
 public:
  resolver(event_loop& loop, resolver_options options);
  ~resolver();
  resolver(resolver const&) = delete;
  resolver& operator=(resolver const&) = delete;

  /// A numeric address answers itself.
  task<lookup<ip_address>> addresses(std::string host, address_family family = address_family::any);
  task<lookup<dns::mail_exchanger>> mail_exchangers(std::string domain);
  task<lookup<std::string>> names(ip_address address);
  task<lookup<std::string>> texts(std::string name);
  /// Of this very name; a name inside a zone has none.
  task<lookup<std::string>> name_servers(std::string domain);

  /// The name of an address, when that name has the address among its own; else the reason in `error`.
  /// What smtpd_peername_lookup wants. The unconfirmed name stays in `records`.
  task<lookup<std::string>> confirmed_name(ip_address address);

 private:
  class engine;
  struct raw_answer {
    lookup_status status = lookup_status::try_again;
    std::vector<std::string> data;
    bool secure = false;
    std::string error;
  };
  task<raw_answer> ask(std::string name, dns::record_type type);

  event_loop& loop_;
  resolver_options options_;
  std::unique_ptr<engine> engine_;
};

}  // namespace postern::net
