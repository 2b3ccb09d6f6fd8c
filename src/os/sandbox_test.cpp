#include "os/sandbox.hpp"

#include "os/sandbox_test_support.hpp"

namespace postern::os {
namespace {

TEST(sandbox, names_its_sets) {
  EXPECT_EQ(set::files_read, find_syscall_set("files_read"));
  EXPECT_FALSE(find_syscall_set("everything"));
  EXPECT_EQ("read", format_system_call(0));
}

TEST(sandbox, lets_a_program_do_its_work) {
  EXPECT_EQ(0, run_shut_in({.syscalls = {set::base}}, [] {
              std::string text(1U << 20U, 'x');
              int ends[2];
              return ::pipe2(ends, O_CLOEXEC) == 0 && ::write(ends[1], text.data(), 10) == 10 ? 0 : 1;
            }));
}

TEST(sandbox, refuses_files_and_ports_that_are_not_named) {
  directory place;
  std::string file = place.file();
  struct row {
    char const* name;
    sandbox_rules rules;
    std::function<int()> work;
    int want;
  };
  auto const read_it = [&file] { return open_for(file.c_str(), O_RDONLY); };
  auto const write_it = [&file] { return open_for(file.c_str(), O_WRONLY); };
  auto const create_it = [&place] { return open_for((place.path + "/new").c_str(), O_WRONLY | O_CREAT); };
  auto const run_it = [] { return errno_of(::execl("/bin/true", "true", nullptr)); };
  auto const dial = [] { return connect_to(1); };
  std::vector<row> const rows = {
      {"no files at all", {.syscalls = {set::base}}, read_it, EACCES},
      {"reading elsewhere", {.syscalls = {set::base, set::files_read}, .readable = {"/usr"}}, read_it, EACCES},
      {"reading its file", {.syscalls = {set::base, set::files_read}, .readable = {file}}, read_it, 0},
      {"reading below", {.syscalls = {set::base, set::files_read}, .readable = {place.path}}, read_it, 0},
      {"writing what it may read", {.syscalls = {set::base, set::files_read}, .readable = {file}}, write_it, EACCES},
      {"writing without the rule",
       {.syscalls = {set::base, set::files_write}, .readable = {place.path}},
       write_it,
       EACCES},
      {"writing below", {.syscalls = {set::base, set::files_write}, .writable = {place.path}}, write_it, 0},
      {"creating below", {.syscalls = {set::base, set::files_write}, .writable = {place.path}}, create_it, 0},
      {"creating elsewhere", {.syscalls = {set::base, set::files_write}, .writable = {"/var/tmp"}}, create_it, EACCES},
      {"running a program", {.syscalls = {set::base, set::files_read}, .readable = {"/"}}, run_it, EACCES},
      {"connecting to another port",
       {.syscalls = {set::base, set::connect_inet}, .tcp = {.any = false, .connect_ports = {53}}},
       dial,
       landlock_version() >= 4 ? EACCES : ECONNREFUSED},
      {"connecting to its port",
       {.syscalls = {set::base, set::connect_inet}, .tcp = {.any = false, .connect_ports = {1}}},
       dial,
       ECONNREFUSED},
      {"connecting anywhere",
       {.syscalls = {set::base, set::connect_inet}, .tcp = {.any = true, .connect_ports = {}}},
       dial,
       ECONNREFUSED},
  };
  ASSERT_GE(landlock_version(), 1) << "this kernel is started without Landlock: see the parameter lsm=";
  for (auto const& [name, rules, work, want] : rows) EXPECT_EQ(want, run_shut_in(rules, work)) << name;
}

TEST(sandbox, rules_that_are_joined_allow_what_either_did) {
  sandbox_rules rules{.syscalls = {set::base, set::files_read},
                      .readable = {"/etc/passwd"},
                      .writable = {"/srv/data"},
                      .tcp = {.any = false, .connect_ports = {53}}};
  append(rules, {.syscalls = {set::files_read, set::connect_inet},
                 .readable = {"/etc/passwd", "/etc/sasldb2"},
                 .writable = {"/srv/more"},
                 .tcp = {.any = false, .connect_ports = {53, 5432}}});
  EXPECT_EQ(rules.syscalls, (std::vector{set::base, set::files_read, set::connect_inet}));
  EXPECT_EQ(rules.readable, (std::vector<std::string>{"/etc/passwd", "/etc/sasldb2"}));
  EXPECT_EQ(rules.writable, (std::vector<std::string>{"/srv/data", "/srv/more"}));
  EXPECT_EQ(rules.tcp.connect_ports, (std::vector<std::uint16_t>{53, 5432}));
  EXPECT_FALSE(rules.tcp.any);
  append(rules, {.tcp = {.any = true}});
  EXPECT_TRUE(rules.tcp.any);
  append(rules, {});
  EXPECT_TRUE(rules.tcp.any) << "nothing is ever taken away";
  EXPECT_EQ(rules.syscalls.size(), 3U);
}

TEST(sandbox, joined_rules_hold) {
  directory place;
  std::string file = place.file();
  auto const read_it = [&file] { return open_for(file.c_str(), O_RDONLY); };
  sandbox_rules rules{.syscalls = {set::base}};
  EXPECT_EQ(EACCES, run_shut_in(rules, read_it));
  append(rules, {.syscalls = {set::files_read}, .readable = {file}});
  EXPECT_EQ(0, run_shut_in(rules, read_it));
}

}  // namespace
}  // namespace postern::os
