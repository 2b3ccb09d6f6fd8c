#include "service/privileges.hpp"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

namespace postern::service {
namespace {

config::settings settings_of(std::string const& main_cf) {
  config::load_request request;
  request.private_dir = "/srv/p";
  request.config_dir = "/srv/p/etc";
  request.tolerate_errors = true;
  auto loaded = config::settings::load_text(main_cf, request);
  EXPECT_TRUE(loaded) << loaded.error().text;
  return *loaded;
}

bool has(std::vector<std::string> const& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

TEST(privileges, have_a_row_for_each_program) {
  auto programs = std::filesystem::path(__FILE__).parent_path() / "../../programs";
  unsigned seen = 0;
  for (auto const& entry : std::filesystem::directory_iterator(programs)) {
    auto name = entry.path().filename().string();
    // The command of the administrator is nobody's child and runs with the rights of whoever types it.
    if (!entry.is_directory() || name == "postern") continue;
    ++seen;
    EXPECT_NE(nullptr, find_privileges(name)) << name;
  }
  EXPECT_GT(seen, 0U);
}

TEST(privileges, shut_in_every_program_but_masterd) {
  for (auto const& row : all_privileges()) {
    EXPECT_EQ(row.program == "masterd", row.syscalls.empty()) << row.program;
    bool reads_credentials = has(row.reads, "$data_directory") || has(row.writes, "$data_directory");
    EXPECT_EQ(row.program == "authd", reads_credentials) << row.program << ": credentials are behind authd's socket";
  }
}

TEST(privileges, keep_smtpd_from_the_spool_and_from_running_programs) {
  auto const& row = *find_privileges("smtpd");
  EXPECT_FALSE(row.user_root);
  EXPECT_TRUE(row.writes.empty());
  EXPECT_FALSE(has(row.reads, "$queue_directory"));
  for (auto set : {os::syscall_set::files_write, os::syscall_set::processes, os::syscall_set::identity})
    EXPECT_EQ(row.syscalls.end(), std::ranges::find(row.syscalls, set));
}

TEST(privileges, are_read_from_the_table) {
  auto rows = parse_privileges(
      "# comment\n\nx | mail | cores | private/x | - | /a $b | - | k1 k2 | 25 587 | base files_read\n"
      "y|root|sole|-|-|-|-|-|none|-\n");
  ASSERT_TRUE(rows) << rows.error().text;
  ASSERT_EQ(2U, rows->size());
  auto const& x = rows->front();
  EXPECT_EQ(process_count::cores, x.processes);
  EXPECT_EQ((std::vector<std::string>{"/a", "$b"}), x.reads);
  EXPECT_EQ((std::vector<std::string>{"k1", "k2"}), x.secrets);
  EXPECT_EQ((std::vector<std::uint16_t>{25, 587}), x.tcp.connect_ports);
  EXPECT_EQ(2U, x.syscalls.size());
  EXPECT_TRUE(rows->back().user_root);
}

TEST(privileges, refuse_a_bad_row_with_its_line) {
  struct row {
    char const* table;
    char const* want;
  };
  for (auto const& [table, want] : {
           row{"\nx | mail | one", "PRIVILEGES line 2: a row has 10 columns between '|'"},
           row{"x|joe|one|-|-|-|-|-|none|base", "PRIVILEGES line 1: user is root or mail, not \"joe\""},
           row{"x||one|-|-|-|-|-|none|base", "PRIVILEGES line 1: user is root or mail, not \"\""},
           row{"x|root fly|one|-|-|-|-|-|none|base",
               "PRIVILEGES line 1: \"fly\" is no capability that user root may keep"},
           row{"x|mail setuid|one|-|-|-|-|-|none|base",
               "PRIVILEGES line 1: \"setuid\" is no capability that user root may keep"},
           row{"x|mail|two|-|-|-|-|-|none|base",
               "PRIVILEGES line 1: processes is one, asked, sole or cores, not \"two\""},
           row{"x|mail|one|-|-|-|-|-|0|base", "PRIVILEGES line 1: tcp is none, any or ports, not \"0\""},
           row{"x|mail|one|-|-|-|-|-|none|base all", "PRIVILEGES line 1: unknown set of system calls \"all\""},
       }) {
    auto got = parse_privileges(table);
    ASSERT_FALSE(got) << table;
    EXPECT_EQ(want, got.error().text);
  }
}

TEST(privileges, expand_parameters_to_paths) {
  auto settings = settings_of(
      "alias_maps = hash:/etc/aliases, lmdb:/m/b, pcre:/m/c, proxy:unix:passwd.byname, cdb:/srv/tables/t\n"
      "mynetworks = 127.0.0.1, /m/networks\nsmtpd_tls_key_file = /k/key.pem\nsmtpd_tls_cert_file = /k/cert.pem\n");
  std::vector<std::string> words{"/fixed", "$alias_maps", "$mynetworks", "$data_directory"};
  auto paths = expand_paths(words, settings);
  // A table's successor appears beside it, where only its directory leads; all of /etc would be too much for that.
  for (auto const* want :
       {"/fixed", "/etc/aliases", "/etc/aliases.db", "/m/b.lmdb", "/m/c", "/m/networks", "/srv/p/data", "/srv/tables"})
    EXPECT_TRUE(has(paths, want)) << want;
  EXPECT_FALSE(has(paths, "127.0.0.1"));
  auto files = list_secret_files(*find_privileges("smtpd"), settings);
  EXPECT_TRUE(has(files, "/k/key.pem"));
  EXPECT_EQ(1, std::ranges::count(files, "/k/key.pem"));
}

}  // namespace
}  // namespace postern::service
