#include <cstdlib>
#include <utility>

#include "milter/filter_session.hpp"

// Properties: nothing crashes whatever a filter answers; cutting its answers into pieces changes nothing; a session
// that failed stays failed.
namespace milter = postern::milter;

namespace {

void require(bool ok) {
  if (!ok) std::abort();
}

std::optional<std::string> value_of(std::string_view name) { return std::string(name); }

struct run {
  milter::filter_rules rules;
  milter::filter_session session{rules};
  std::string_view input;
  std::size_t piece;
  std::string record;

  void settle() {
    record += std::exchange(session.output(), {});
    while (session.waiting()) {
      while (auto const wanted = session.next()) record += static_cast<char>('0' + wanted->index());
      if (!session.waiting()) break;
      if (input.empty()) {
        session.on_failure("end");
        break;
      }
      session.feed(input.substr(0, piece));
      input.remove_prefix(std::min(piece, input.size()));
    }
    bool const failed = session.failed();
    require(!failed || !session.waiting());
    record += session.answer().reply.text;
    record += session.answer().hold.value_or("-");
  }
  std::string go() {
    session.begin();
    settle();
    session.connect({"h", milter::address_family::ipv4, 1, "192.0.2.1"}, value_of);
    settle();
    session.helo("x", value_of);
    settle();
    for (int message = 0; message < 3; ++message) {
      std::string_view const words[] = {"<a@b>"};
      session.mail(words, value_of);
      settle();
      session.rcpt(words, value_of);
      settle();
      if (session.begin_content()) {
        session.header("A", " b", value_of);
        settle();
        session.end_of_headers(value_of);
        settle();
        session.body("text", value_of);
        settle();
        session.end_of_message(value_of);
        settle();
      }
      session.abort();
    }
    return record;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  // What the filter answers to the negotiation is most often right, so that what comes later is reached.
  constexpr std::string_view agreed("\0\0\0\15O\0\0\0\6\0\0\1\377\0\0\0\0", 17);
  std::string_view given(reinterpret_cast<char const*>(data), size);
  std::string input;
  if (!given.empty() && given.front() != 'n') input += agreed;
  if (!given.empty()) given.remove_prefix(1);
  input += given;
  run whole{.input = input, .piece = input.size() + 1, .record = {}};
  run pieces{.input = input, .piece = 1, .record = {}};
  require(whole.go() == pieces.go());
  return 0;
}
