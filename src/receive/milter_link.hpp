#pragma once
// Purpose: the connection to one mail filter for one SMTP session.
// Errors: whatever goes wrong becomes the verdict that the filter's default action names.
// Concurrency: the loop's thread; one event at a time.
// Limits: each wait has the deadline of milter_service.

#include <memory>
#include <string>

#include "milter/filter_session.hpp"
#include "net/resolver.hpp"
#include "net/stream.hpp"
#include "receive/milter_content.hpp"
#include "receive/milter_settings.hpp"
#include "receive/table_asker.hpp"

namespace postern::receive {

/// Where goes what a filter wants changed, and how tables are asked about it.
struct change_target {
  milter_content& content;
  net::event_loop& loop;
  maps::lookup_pool* lookups;
};

class milter_link {
 public:
  explicit milter_link(std::shared_ptr<milter_service const> service);

  /// Connects and negotiates. `resolver` may be null: then only numeric addresses and localhost can be reached.
  net::task<> open(net::event_loop& loop, net::resolver* resolver);
  milter::filter_session& session() noexcept { return session_; }
  milter_service const& service() const noexcept { return *service_; }

  /// After an event: sends what is to be sent and waits for the verdict. `changes` takes what the filter wants changed;
  /// null where it may not.
  net::task<milter::verdict> settle(std::chrono::seconds within, change_target const* changes = nullptr);
  /// Sends what is there when it has become much; for events that nothing answers.
  net::task<> send_some(std::chrono::seconds within);
  /// Says goodbye without waiting for anything.
  net::task<> close();

 private:
  net::task<net::io_result<std::unique_ptr<net::stream>>> connect(net::event_loop& loop, net::resolver* resolver);
  net::task<> apply(change_target const& changes, milter::modification const& wanted);
  net::task<bool> send(std::chrono::seconds within);
  void lose(std::string_view doing, net::io_failure const& why);

  std::shared_ptr<milter_service const> service_;
  milter::filter_session session_;
  std::unique_ptr<net::stream> stream_;
};

}  // namespace postern::receive
