#include "smtp/server_session.hpp"

namespace postern::smtp {

using namespace server_actions;

// Postfix XCLIENT_README: a proxy or a test says whose connection this is.
void server_session::xclient(std::string_view arguments) {
  if (!trusts_xclient_) return complain("550 5.7.0 Error: insufficient authorization");
  stated_ = {};
  auto const parsed = parse_client_attributes(arguments, attribute_command::xclient, stated_);
  if (!parsed) return complain(parsed.error());
  expect(expecting::client_replaced);
  act(replace_client{&stated_});
}

void server_session::on_client_replaced() {
  demand(expecting_ == expecting::client_replaced);
  begin_event();
  auto const text_of = [](std::optional<stated<std::string>> const& one) {
    return one && one->state == known::yes ? one->value : std::string();
  };
  reset_transaction();
  helo_name_ = text_of(stated_.helo);
  extended_ = stated_.protocol == "ESMTP";
  user_ = text_of(stated_.login);
  mechanism_ = user_.empty() ? "" : "XCLIENT";
  trusts_xclient_ = false;
  expect(expecting::connection);
}

}  // namespace postern::smtp
