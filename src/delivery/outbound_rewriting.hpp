#pragma once
// Purpose: what the SMTP client changes in mail that leaves: smtp_generic_maps in envelope and headers,
//          smtp_header_checks and its kin.
// Errors: a table that cannot be asked is a failure; the mail waits.
// Concurrency: rules never change; one outbound_edit a transfer, on the loop's thread.
// Limits: those of rewrite::message_editor.
// Source: smtp_generic_maps, smtp_*_checks of postconf(5), generic(5).

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "maps/lookup_pool.hpp"
#include "message/header_filter.hpp"
#include "net/event_loop.hpp"
#include "os/sandbox.hpp"
#include "policy/address_class.hpp"
#include "rewrite/address_map.hpp"
#include "rewrite/content_checks.hpp"
#include "rewrite/message_editor.hpp"

namespace postern::delivery {

struct outbound_rules {
  rewrite::content_checks checks;
  rewrite::address_map generic;
  rewrite::mapping_rules mapping;
  policy::address_resolver addresses;
  std::size_t header_field_limit = 102'400;
  bool rewrites_addresses() const noexcept { return !generic.tables.empty(); }
};

/// Null when nothing is to be changed.
result<std::shared_ptr<outbound_rules const>> load_outbound_rules(config::settings const& settings);
/// Adds what the tables need of the sandbox.
void ask_for_outbound_tables(config::settings const& settings, os::sandbox_rules& rules);

/// Asks tables that block.
class table_waiter {
 public:
  table_waiter(net::event_loop& loop, maps::lookup_pool& pool) : loop_(loop), pool_(pool) {}
  net::task<maps::answer> ask(maps::question asked);

 private:
  net::event_loop& loop_;
  maps::lookup_pool& pool_;
};

/// The address as it leaves.
net::task<result<std::string>> map_outbound(outbound_rules const& rules, table_waiter waiter, std::string address);

/// One message's content on its way out.
class outbound_edit {
 public:
  outbound_edit(outbound_rules const& rules, table_waiter waiter, rewrite::message_origin origin);
  outbound_edit(outbound_edit const&) = delete;
  outbound_edit& operator=(outbound_edit const&) = delete;

  /// Appends what leaves of `content` to `output`.
  net::task<result<>> feed(std::string_view content, std::string& output);
  net::task<result<>> finish(std::string& output);

 private:
  net::task<bool> settle();
  result<> trouble() const;

  table_waiter waiter_;
  rewrite::message_editor editor_;
  message::header_filter filter_;
};

}  // namespace postern::delivery
