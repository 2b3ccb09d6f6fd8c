// Mail of this machine's users: who they are stands in peer_.local_user, and policy's lists are not asked.
#include "base/log.hpp"
#include "base/text.hpp"
#include "policy/local_submission.hpp"
#include "receive/connection.hpp"
#include "receive/local_submission.hpp"
#include "receive/table_asker.hpp"

namespace postern::receive {

// As Postfix names local mail to filters and in headers that are checked.
void connection::become_local(uid_t user) {
  peer_.local_user = user;
  peer_.address = ip_address::from_v4({127, 0, 0, 1});
  peer_.server_address = peer_.address.text();
  peer_.name = peer_.reverse_name = "localhost";
  peer_.status = peer_.reverse_status = policy::name_status::ok;
}

net::task<connection::resolved> connection::resolve(std::string address) {
  std::function<resolved(maps::answers&)> const look = [&](maps::answers& known) {
    return settings_->gate.addresses().ask(address, known);
  };
  co_return co_await look_until_known(parts_.loop, parts_.lookups, look);
}

net::task<connection::actions> connection::answer_local_recipient(std::string forward_path, bool verify_only) {
  auto const found = co_await resolve(forward_path);
  if (!found) {
    log::warning("{}, session={}", printable(found.error().text), session_id_);
    co_return protocol_.on_recipient_verdict(
        smtp::verdict::refuse({451, "4.3.0", "<" + forward_path + ">: Temporary lookup failure"}));
  }
  smtp::verdict said;
  if (!verify_only) {
    said = co_await milters_on_recipient({}, forward_path);
    if (!said.refusal) recipients_.push_back(policy::accept_from_local_user(*found, *peer_.local_user));
  }
  co_return protocol_.on_recipient_verdict(said);
}

}  // namespace postern::receive
