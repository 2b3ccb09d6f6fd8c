#pragma once
// Purpose: what smtpd_reject_footer and smtpd_reject_footer_maps put behind every reply 4NN and 5NN.
// Layout: on lines of its own, each with the reply's codes, or, after "\c", on the reply's last line; "\n" begins a new
//         line.
// Errors: a template that cannot be understood leaves the reply as it is, and the log hears of it.
// Limits: the lines of a reply are as long as the template makes them: postconf(5) says to keep it short.
// Source: postconf(5) of Postfix 3.7.

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "maps/lookup.hpp"

namespace postern::policy {

/// What a footer may say.
struct footer_facts {
  std::string client_address;
  std::string client_port;
  std::string local_time;  ///< "Jan  4 15:42:00"
};

class reject_footer {
 public:
  static result<reject_footer> load(config::settings const& settings);
  bool empty() const noexcept { return template_.empty() && tables_.empty(); }
  /// `replies`: one or more whole replies in wire form. What went wrong is in `trouble`.
  std::string append_to(std::string_view replies, footer_facts const& facts, std::string& trouble) const;

 private:
  std::string append_to_one(std::string_view reply, footer_facts const& facts, std::string& trouble) const;
  std::string find_template(std::string_view reply, std::string& trouble) const;

  std::string template_;
  maps::map_list tables_;
  std::string server_name_;
  std::string allowed_;
};

}  // namespace postern::policy
