#pragma once
// Purpose: connections to policy servers (check_policy_service), kept open between requests and shared by the sessions
//          of the process.
// Errors: no usable answer after the service's tries is an answer with the reason; its default action counts then.
// Concurrency: the loop's thread; a connection has one request at a time.
// Limits: connections_max a server, beyond that there is no answer; idle and old connections are closed as the service
//         says.
// Source: SMTPD_POLICY_README of Postfix 3.7.

#include <list>
#include <map>
#include <memory>
#include <string>

#include "net/event_loop.hpp"
#include "net/resolver.hpp"
#include "net/stream.hpp"
#include "policy/questions.hpp"

namespace postern::receive {

class policy_services {
 public:
  /// `resolver` may be null: servers are then named by address. `directory`: what unix:… is relative to.
  policy_services(net::event_loop& loop, net::resolver* resolver, std::string directory, std::size_t connections_max);
  ~policy_services();
  policy_services(policy_services const&) = delete;
  policy_services& operator=(policy_services const&) = delete;

  net::task<policy::service_answer> ask(policy::service_question asked);

 private:
  struct connection;
  using connection_ptr = std::unique_ptr<connection>;
  struct server {
    std::list<connection_ptr> idle;  ///< the last used in front
    std::size_t open = 0;
  };
  net::task<result<connection_ptr>> connect(std::string endpoint, std::chrono::seconds within);
  net::task<result<std::string>> converse(connection* with, std::string request, std::chrono::seconds within);
  connection_ptr take_idle(policy::policy_service const& service);
  void put_back(policy::policy_service const& service, connection_ptr used);
  void close_old();

  net::event_loop& loop_;
  net::resolver* resolver_;
  std::string directory_;
  std::size_t connections_max_;
  std::map<std::string, server> servers_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool sweeping_ = false;
};

}  // namespace postern::receive
