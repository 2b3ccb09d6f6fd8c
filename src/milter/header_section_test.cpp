#include "milter/header_section.hpp"

#include <functional>

#include <gtest/gtest.h>

namespace postern::milter {
namespace {

constexpr std::string_view received = "Received: from x\r\n\tby y\r\n";
constexpr std::string_view sent = "Subject: x\r\nX-A: 1\r\nX-A: 2\r\n\tmore\r\n";

struct edit_case {
  std::string_view name;
  std::function<void(header_section&)> edit;
  std::string_view want;  ///< R: our Received:
};

std::string shown(header_section const& section) {
  std::string out;
  for (auto const& one : section.fields()) out += one.ours ? "R\r\n" : one.text;
  return out;
}

// What Postfix 3.7 makes of the same requests.
TEST(header_section, changes_as_postfix_does) {
  edit_case const cases[] = {
      {"nothing", [](header_section&) {}, "R\r\nSubject: x\r\nX-A: 1\r\nX-A: 2\r\n\tmore\r\n"},
      {"add", [](header_section& h) { h.add("X-N", "v", false); },
       "R\r\nSubject: x\r\nX-A: 1\r\nX-A: 2\r\n\tmore\r\nX-N: v\r\n"},
      {"add with its own space", [](header_section& h) { h.add("X-N", "v", true); },
       "R\r\nSubject: x\r\nX-A: 1\r\nX-A: 2\r\n\tmore\r\nX-N:v\r\n"},
      {"insert at 0", [](header_section& h) { h.insert(0, "X-N", "v", false); },
       "X-N: v\r\nR\r\nSubject: x\r\nX-A: 1\r\nX-A: 2\r\n\tmore\r\n"},
      {"insert at 1", [](header_section& h) { h.insert(1, "X-N", "v", false); },
       "R\r\nX-N: v\r\nSubject: x\r\nX-A: 1\r\nX-A: 2\r\n\tmore\r\n"},
      {"insert far away", [](header_section& h) { h.insert(99, "X-N", "v", false); },
       "R\r\nSubject: x\r\nX-A: 1\r\nX-A: 2\r\n\tmore\r\nX-N: v\r\n"},
      {"change the first", [](header_section& h) { h.change(1, "x-a", "new", false); },
       "R\r\nSubject: x\r\nx-a: new\r\nX-A: 2\r\n\tmore\r\n"},
      {"index 0 is the first", [](header_section& h) { h.change(0, "X-A", "new", false); },
       "R\r\nSubject: x\r\nX-A: new\r\nX-A: 2\r\n\tmore\r\n"},
      {"change the second", [](header_section& h) { h.change(2, "X-A", "new", false); },
       "R\r\nSubject: x\r\nX-A: 1\r\nX-A: new\r\n"},
      {"change what is not there", [](header_section& h) { h.change(3, "X-A", "new", false); },
       "R\r\nSubject: x\r\nX-A: 1\r\nX-A: 2\r\n\tmore\r\nX-A: new\r\n"},
      {"remove", [](header_section& h) { h.remove(1, "X-A"); }, "R\r\nSubject: x\r\nX-A: 2\r\n\tmore\r\n"},
      {"remove both",
       [](header_section& h) {
         h.remove(1, "X-A");
         h.remove(1, "X-A");
       },
       "R\r\nSubject: x\r\n"},
      {"remove what is not there", [](header_section& h) { h.remove(9, "X-A"); },
       "R\r\nSubject: x\r\nX-A: 1\r\nX-A: 2\r\n\tmore\r\n"},
      {"our Received stays", [](header_section& h) { h.remove(1, "Received"); },
       "R\r\nSubject: x\r\nX-A: 1\r\nX-A: 2\r\n\tmore\r\n"},
      {"insert, then change",
       [](header_section& h) {
         h.insert(0, "X-A", "0", false);
         h.change(1, "X-A", "one", false);
       },
       "X-A: one\r\nR\r\nSubject: x\r\nX-A: 1\r\nX-A: 2\r\n\tmore\r\n"},
      {"lines that would be fields",
       [](header_section& h) { h.add("X-N", "a\r\n\tb\r\nX-Evil: y\r\n\r\nbody", false); },
       "R\r\nSubject: x\r\nX-A: 1\r\nX-A: 2\r\n\tmore\r\nX-N: a\r\n\tb\r\n\tX-Evil: y\r\n\t\r\n\tbody\r\n"},
  };
  for (auto const& one : cases) {
    header_section section(1000);
    ASSERT_TRUE(section.append(received, true));
    ASSERT_TRUE(section.append(sent, false));
    one.edit(section);
    EXPECT_EQ(shown(section), one.want) << one.name;
    EXPECT_EQ(section.text().size(), section.octets()) << one.name;
  }
}

TEST(header_section, tells_when_it_is_too_large) {
  header_section section(30);
  EXPECT_TRUE(section.append("A: 1\r\n", false));
  EXPECT_FALSE(section.add("B", std::string(30, 'x'), false));
  header_section other(30);
  EXPECT_FALSE(other.append(std::string(40, 'x'), false));
}

TEST(field_value, is_what_filters_get) {
  EXPECT_EQ(field_name("Subject: x\r\n"), "Subject");
  EXPECT_EQ(field_name("Subject \t: x\r\n"), "Subject");
  EXPECT_EQ(field_value("Subject: one\r\n two\r\n"), " one\n two");
  EXPECT_EQ(field_value("X:\ttab\r\n"), "\ttab");
  EXPECT_EQ(field_value("X:\r\n"), "");
  EXPECT_EQ(field_value("X:a\rb\r\n"), "a\rb");
}

}  // namespace
}  // namespace postern::milter
