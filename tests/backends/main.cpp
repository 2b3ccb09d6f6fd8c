// postern-ask-backend NAME [ARGUMENT [MILLISECONDS]]: asks one backend object of saslauthd, question after question, so
// that tests see what lives on between questions and the sentences that never leave the daemon. stdin: a line a
// question: login, password, service, realm, client address, in base64 with blanks between them ("-" is empty); stdout:
// "yes|no|unavailable TAB reply TAB detail" a line, or "failure TAB why" when the backend cannot start.

#include <cstdlib>
#include <iostream>
#include <sstream>

#include <fmt/format.h>

#include "auth/password_backend.hpp"
#include "base/base64.hpp"
#include "base/text.hpp"

namespace {

using namespace postern;

std::string take_field(std::istream& line) {
  std::string field;
  line >> field;
  return field == "-" ? "" : decode_base64(field).value();
}

std::string_view name_of(auth::password_answer::code outcome) {
  switch (outcome) {
    case auth::password_answer::code::yes:
      return "yes";
    case auth::password_answer::code::no:
      return "no";
    case auth::password_answer::code::unavailable:
      return "unavailable";
  }
  return "";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  auto const* const row = auth::find_password_backend(argv[1]);
  if (row == nullptr) {
    fmt::print("failure\tthere is no backend {}\n", argv[1]);
    return 1;
  }
  auth::backend_options options{.argument = argc > 2 ? argv[2] : "", .host_name = "host.example"};
  if (argc > 3) options.time_limit = std::chrono::milliseconds(parse_unsigned(argv[3]).value());
  auto const backend = row->make(options);
  if (!backend) {
    fmt::print("failure\t{}\n", backend.error().text);
    return 1;
  }
  for (std::string text; std::getline(std::cin, text);) {
    std::istringstream line(text);
    auth::password_question question;
    question.login = take_field(line);
    question.password = secret(take_field(line));
    question.service = take_field(line);
    question.realm = take_field(line);
    question.client_address = take_field(line);
    auto const answer = (*backend)->check(question);
    fmt::print("{}\t{}\t{}\n", name_of(answer.outcome), answer.reply, answer.detail);
    std::cout.flush();
    std::fflush(stdout);
  }
  return 0;
}
