// Tables that a program asks once it has shut itself in: with what ask_for_table() says it can, also after a table was
// replaced.
#include <cstdio>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "maps/table_file.hpp"
#include "maps/watched_table.hpp"
#include "os/sandbox_test_support.hpp"

namespace postern::maps {
namespace {

void replace(std::string const& path, std::string const& text) {
  std::ofstream(path + ".new") << text;
  EXPECT_EQ(std::rename((path + ".new").c_str(), path.c_str()), 0);
}

struct source_row {
  char const* type;
  std::string first, second;
};

class table_sandbox : public testing::TestWithParam<source_row> {};

TEST_P(table_sandbox, a_replaced_table_is_seen) {
  os::directory place;
  auto const& row = GetParam();
  auto path = place.path + "/table";
  auto make = [&](std::string const& text) {
    auto const* type = find_table_file_type(row.type);
    if (type == nullptr) return replace(path, text);
    EXPECT_TRUE(write_table_file(*type, path, std::vector<entry>{{"192.0.2.1", text}}, {}).has_value());
  };
  make(row.first);
  auto name = std::string(row.type) + ":" + path;
  auto opened = open_table(name);
  ASSERT_TRUE(opened.has_value()) << opened.error().text;
  os::sandbox_rules rules{.syscalls = {os::syscall_set::base}};
  ask_for_table(name, rules);
  make(row.second);
  int status = os::run_shut_in(rules, [&] {
    std::this_thread::sleep_for(watch_interval + std::chrono::milliseconds(50));
    auto found = (*opened)->find("192.0.2.1");
    if (!found) return 2;
    return *found && (*found)->ends_with("new") ? 0 : 3;
  });
  EXPECT_EQ(status, 0) << row.type;
}

INSTANTIATE_TEST_SUITE_P(types, table_sandbox,
                         testing::Values(source_row{"hash", "old", "new"}, source_row{"btree", "old", "new"},
                                         source_row{"lmdb", "old", "new"}, source_row{"cdb", "old", "new"},
                                         source_row{"texthash", "192.0.2.1 old\n", "192.0.2.1 new\n"},
                                         source_row{"pcre", "/^192/ old\n", "/^192/ new\n"},
                                         source_row{"regexp", "/^192/ old\n", "/^192/ new\n"},
                                         source_row{"cidr", "192.0.2.0/24 old\n", "192.0.2.0/24 new\n"}),
                         [](auto const& info) { return std::string(info.param.type); });

}  // namespace
}  // namespace postern::maps
