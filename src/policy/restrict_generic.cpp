// What a list says without looking at names or tables.
#include "policy/restrictions.hpp"

namespace postern::policy {

outcome permit_all(evaluation& run, restriction const& one) {
  // No ground to relay: a `permit` that stands too early would open the relay. docs/adr/0005
  return run.permit(one.row->name, run.about(), std::nullopt);
}

outcome reject_all(evaluation& run, restriction const& /*one*/) {
  return run.refuse_about(run.settings.codes.reject, "5.7.1", run.about(), "Access denied",
                          "the list says so without a condition");
}

outcome defer_all(evaluation& run, restriction const& /*one*/) {
  return run.refuse_about(run.settings.codes.defer, "4.3.2", run.about(), "Try again later",
                          "the list says so without a condition");
}

outcome defer_if_permit(evaluation& run, restriction const& /*one*/) {
  return run.defer_if_permitted(tempfail::defer_if_permit, 450, "4.7.0",
                                run.about().rejected("defer_if_permit requested"), "the list says defer_if_permit");
}

outcome defer_if_reject(evaluation& run, restriction const& /*one*/) {
  run.defer_if_rejected(450, "4.7.0", run.about().rejected("defer_if_reject requested"));
  return outcome::none;
}

// A notice of non-delivery has one recipient. [RFC 5321 §3.6.3, §4.5.5]
outcome reject_multi_recipient_bounce(evaluation& run, restriction const& /*one*/) {
  if (!run.client.sender || !run.client.sender->empty()) return outcome::none;
  bool whole =
      run.client.at == command::data || run.client.at == command::bdat || run.client.at == command::end_of_message;
  if (run.client.recipient_count <= (whole ? 1U : 0U)) return outcome::none;
  return run.refuse_about(run.settings.codes.many_recipients, "5.5.3", run.about(), "Multi-recipient bounce",
                          "the null sender names more than one recipient");
}

// A client that talks without listening cannot know whether its mail is wanted: spam programs do. [RFC 2920 §3.1]
outcome reject_unauth_pipelining(evaluation& run, restriction const& /*one*/) {
  bool hasty = run.client.at == command::data && run.client.input_waiting;
  if (!run.client.pipelined_ill && !hasty) return outcome::none;
  return run.refuse_about(503, "5.5.0", run.about(), "Improper use of SMTP command pipelining",
                          "the client did not wait for a reply that it has to wait for");
}

outcome pause(evaluation& run, restriction const& one) {
  return run.ask(pause_question{run.count_pause(), one.pause}) == nullptr ? outcome::pending : outcome::none;
}

}  // namespace postern::policy
