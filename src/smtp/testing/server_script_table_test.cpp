// The body of the test helper server_script_table.hpp; a _test.cpp so that it is only linked into tests.
#include "smtp/testing/server_script_table.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "smtp/testing/server_fixture.hpp"
#include "smtp/testing/server_script.hpp"

namespace postern::smtp::testing {
namespace {

struct progress {
  bool content_under_way = false;
  bool closed = false;
};

void follow(progress& so_far, std::string_view output) {
  bool const begins =
      output.starts_with("A: begin_data") || (output.starts_with("A: begin_bdat") && !output.ends_with("discard"));
  bool const ends = output == "A: abort" || output == "A: commit" || output.starts_with("S: 250 2.0.0 Ok: queued") ||
                    output.contains("bytes queued") || output.starts_with("S: 451 4.3.0");
  if (begins) so_far.content_under_way = true;
  if (ends) so_far.content_under_way = false;
  so_far.closed |= output == "A: close";
}

void end_at(script_case const& test, std::span<std::string_view const> steps, std::string_view ending) {
  auto settings = basic_settings();
  test.change(settings);
  server_session session(settings, basic_offer());
  progress so_far;
  for (auto const step : steps) {
    if (!is_input(step)) continue;
    for (auto const& output : enter(session, step)) follow(so_far, output);
  }
  if (so_far.closed) return;
  auto const outputs = enter(session, ending);
  bool const aborts = std::ranges::find(outputs, "A: abort") != outputs.end();
  EXPECT_EQ(aborts, so_far.content_under_way) << test.name << " cut at " << steps.size() << ' ' << ending;
  EXPECT_EQ(!outputs.empty() && outputs.back() == "A: close", ending != "E: disconnect") << test.name;
  EXPECT_FALSE(session.wants_line()) << test.name;
}

}  // namespace

void play_as_written(std::span<script_case const> scripts) {
  for (auto const& test : scripts) {
    auto settings = basic_settings();
    test.change(settings);
    server_session session(settings, basic_offer());
    EXPECT_EQ(play(session, test.script), test.script) << test.name;
  }
}

void end_after_every_step(std::span<script_case const> scripts) {
  for (auto const& test : scripts) {
    auto const lines = split(test.script, '\n');
    for (std::size_t cut = 0; cut < lines.size(); ++cut) {
      for (std::string_view const ending : {"E: timeout", "E: shutdown", "E: disconnect"}) {
        end_at(test, std::span(lines).first(cut), ending);
      }
    }
  }
}

}  // namespace postern::smtp::testing
