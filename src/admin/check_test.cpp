// Each check against a configuration that it must speak about, and one of which nobody speaks.
#include "admin/check.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/text.hpp"
#include "os/listening_socket.hpp"
#include "service/setup/self_signed.hpp"

#include "admin/port_owner.hpp"

namespace postern::admin {
namespace {

namespace fs = std::filesystem;
using std::chrono::days;

std::uint16_t free_port() {
  auto socket = os::listen_tcp(*ip_address::parse("127.0.0.1"), 0);
  EXPECT_TRUE(socket.has_value());
  return os::local_port(socket->get());
}

/// A private directory with a configuration that has no faults.
class server_directory {
 public:
  server_directory() : path_("/tmp/postern-check-XXXXXX") {
    EXPECT_NE(::mkdtemp(path_.data()), nullptr);
    fs::create_directories(path_ + "/etc");
    write_identity({"mail.example.com"}, days(730));
    main_cf_ =
        "compatibility_level = 3.6\nmyhostname = mail.example.com\nsmtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = "
        "dovecot\n"
        "smtpd_sasl_path = private/auth\nsmtpd_tls_auth_only = yes\nsmtpd_tls_security_level = may\nmynetworks =\n"
        "smtpd_tls_cert_file = " +
        path_ + "/etc/cert.pem\nsmtpd_tls_key_file = " + path_ + "/etc/key.pem\n";
    master_cf_ = fmt::format("127.0.0.1:{} inet n - n - - smtpd\n", free_port());
  }
  ~server_directory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  server_directory(server_directory const&) = delete;
  server_directory& operator=(server_directory const&) = delete;

  std::string const& path() const { return path_; }
  void add_main(std::string const& lines) { main_cf_ += lines; }
  /// smtpd_sasl_type = cyrus with that smtpd.conf.
  void use_cyrus(std::string const& smtpd_conf) {
    add_main("smtpd_sasl_type = cyrus\nsmtpd_sasl_path = smtpd\ncyrus_sasl_config_path = " + path_ + "/sasl\n");
    write("sasl/smtpd.conf", smtpd_conf);
  }
  void set_master(std::string const& lines) { master_cf_ = lines; }
  void write_identity(std::vector<std::string> names, days lifetime) {
    auto made = service::setup::make_self_signed({std::move(names), lifetime});
    write("etc/cert.pem", made->certificate_pem, 0644);
    write("etc/key.pem", made->key_pem.reveal(), 0600);
  }
  void write(std::string const& name, std::string_view text, mode_t mode = 0644) {
    auto whole = path_ + "/" + name;
    fs::create_directories(fs::path(whole).parent_path());
    std::ofstream(whole, std::ios::binary) << text;
    EXPECT_EQ(::chmod(whole.c_str(), mode), 0);
  }
  std::vector<finding> check() {
    write("etc/main.cf", main_cf_);
    write("etc/master.cf", master_cf_);
    auto findings = run_checks({.private_dir = path_});
    EXPECT_TRUE(findings.has_value()) << findings.error().text;
    return findings ? *findings : std::vector<finding>{};
  }

 private:
  std::string path_;
  std::string main_cf_;
  std::string master_cf_;
};

std::string all_text(std::vector<finding> const& findings) {
  std::string out;
  for (auto const& one : findings) out += format_finding(one, "MAIN") + "\n";
  return out;
}

gravity worst_of(std::vector<finding> const& findings) {
  auto worst = gravity::good;
  for (auto const& one : findings) worst = std::max(worst, one.said.level);
  return worst;
}

TEST(check, finds_nothing_wrong_with_a_safe_server) {
  server_directory server;
  auto findings = server.check();
  EXPECT_LE(worst_of(findings), gravity::note) << all_text(findings);
}

struct row {
  char const* name;
  void (*change)(server_directory&);
  gravity level;
  char const* says;
};

void expect(row const& one) {
  server_directory server;
  one.change(server);
  auto findings = server.check();
  auto found = std::ranges::find_if(findings, [&](auto const& it) { return it.said.text.contains(one.says); });
  ASSERT_NE(found, findings.end()) << one.name << "\n" << all_text(findings);
  EXPECT_EQ(found->said.level, one.level) << one.name;
  EXPECT_FALSE(found->said.text.ends_with('.')) << one.name;
}

TEST(check, speaks_of_transports_that_nobody_serves) {
  expect({"LMTP",
          [](auto& s) {
            s.add_main("virtual_mailbox_domains = a.example\nvirtual_transport = lmtp:unix:private/dovecot-lmtp\n");
          },
          gravity::problem, "\"lmtp\" is not supported yet: mail for virtual_mailbox_domains waits in the queue"});
}

TEST(check, speaks_of_relaying) {
  for (auto const& one : {
           row{"nobody is stopped",
               [](auto& s) {
                 s.add_main("smtpd_relay_restrictions = permit_mynetworks\nsmtpd_recipient_restrictions =\n");
               },
               gravity::problem, "does not start"},
           row{"the world in mynetworks", [](auto& s) { s.add_main("mynetworks = 0.0.0.0/0\n"); }, gravity::warning,
               "holds strangers"},
           row{"a table that is missing",
               [](auto& s) { s.add_main("smtpd_client_restrictions = check_client_access hash:/x\n"); },
               gravity::warning, "make it with: postmap hash:/x"},
           row{"users stopped by the second list",
               [](auto& s) {
                 s.add_main("smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination\n");
               },
               gravity::warning, "may not relay"},
           row{"users meet a table that is missing",
               [](auto& s) { s.add_main("smtpd_sender_restrictions = check_sender_access hash:/x\n"); },
               gravity::warning, "smtpd_sender_restrictions: check_sender_access hash:/x stops them"},
           row{"users may not relay",
               [](auto& s) { s.add_main("smtpd_relay_restrictions = reject_unauth_destination\n"); }, gravity::warning,
               "may not relay"},
       }) {
    expect(one);
  }
}

TEST(check, speaks_of_tls) {
  for (auto const& one : {
           row{"missing key", [](auto& s) { fs::remove(s.path() + "/etc/key.pem"); }, gravity::problem,
               "cannot speak TLS"},
           row{"another's key",
               [](auto& s) {
                 auto other = service::setup::make_self_signed({{"x.example.com"}});
                 s.write("etc/key.pem", other->key_pem.reveal(), 0600);
               },
               gravity::problem, "cannot speak TLS"},
           row{"no certificate", [](auto& s) { s.add_main("smtpd_tls_cert_file =\n"); }, gravity::problem,
               "no certificate is configured"},
           row{"another host", [](auto& s) { s.write_identity({"x.example.com"}, days(730)); }, gravity::warning,
               "not for mail.example.com"},
           row{"about to expire", [](auto& s) { s.write_identity({"mail.example.com"}, days(5)); }, gravity::warning,
               "expires on"},
           row{"expired", [](auto& s) { s.write_identity({"mail.example.com"}, days(-5)); }, gravity::problem,
               "expired on"},
           row{"key for everybody", [](auto& s) { ::chmod((s.path() + "/etc/key.pem").c_str(), 0644); },
               gravity::problem, "everybody on this machine may read"},
           row{"TLS demanded of strangers",
               [](auto& s) { s.set_master("127.0.0.1:25 inet n - n - - smtpd -o smtpd_tls_security_level=encrypt\n"); },
               gravity::warning, "port 25 demands TLS"},
       }) {
    expect(one);
  }
}

TEST(check, speaks_of_the_authority_of_device_certificates) {
  struct end {
    days left;
    gravity level;
    char const* says;
  };
  for (auto const& [left, level, says] : {end{days(29), gravity::warning, "certificates ends at"},
                                          end{days(-2), gravity::problem, "certificates ended at"}}) {
    server_directory server;
    auto const made = service::setup::make_self_signed({{"Devices"}, left});
    server.write("etc/device-ca/ca.pem", made->certificate_pem);
    auto const findings = server.check();
    auto const found = std::ranges::find_if(findings, [&](auto const& one) { return one.said.text.contains(says); });
    ASSERT_NE(found, findings.end()) << all_text(findings);
    EXPECT_EQ(found->said.level, level);
    EXPECT_TRUE(found->said.remedy.contains("--renew"));
  }
  expect({"damaged", [](auto& s) { s.write("etc/device-ca/ca.pem", "-----"); }, gravity::warning,
          "the authority of device certificates: "});
}

TEST(check, speaks_of_logins) {
  for (auto const& one : {
           row{"no TLS at all",
               [](auto& s) { s.add_main("smtpd_tls_security_level = none\nsmtpd_tls_auth_only = no\n"); },
               gravity::warning, "AUTH without TLS"},
           row{"before TLS", [](auto& s) { s.add_main("smtpd_tls_auth_only = no\n"); }, gravity::warning,
               "AUTH before TLS"},
           row{"never", [](auto& s) { s.add_main("smtpd_tls_security_level = none\n"); }, gravity::problem,
               "only offered under TLS"},
           row{"cyrus", [](auto& s) { s.add_main("smtpd_sasl_type = cyrus\n"); }, gravity::warning,
               "Postern's own accounts"},
           row{"a wrong line in smtpd.conf",
               [](auto& s) { s.use_cyrus("mech_list: plain\npwcheck_method saslauthd\n"); }, gravity::problem,
               "a colon belongs right behind the name"},
           row{"an unknown method", [](auto& s) { s.use_cyrus("pwcheck_method: saslauth\n"); }, gravity::problem,
               "pwcheck_method: there is no method \"saslauth\""},
           row{"no saslauthd",
               [](auto& s) { s.use_cyrus("pwcheck_method: saslauthd\nsaslauthd_path: /nowhere/mux\n"); },
               gravity::problem, "saslauthd's socket: /nowhere/mux cannot be reached"},
           row{"a directory as saslauthd_path",
               [](auto& s) { s.use_cyrus("pwcheck_method: saslauthd\nsaslauthd_path: " + s.path() + "\n"); },
               gravity::note, "saslauthd_path is a directory"},
           row{"no sasldb2",
               [](auto& s) { s.use_cyrus("auxprop_plugin: sasldb\nsasldb_path: " + s.path() + "/gone\n"); },
               gravity::problem, "sasldb2: "},
           row{"a mechanism for which nothing is stored",
               [](auto& s) { s.add_main("authd_mechanisms = plain, cram-md5\n"); }, gravity::warning,
               "cram-md5 is not offered: no passwords are kept"},
           row{"accounts that others may read", [](auto& s) { s.write("data/accounts.sqlite", "", 0644); },
               gravity::problem, "chmod 600"},
           row{"no mechanism left", [](auto& s) { s.add_main("smtpd_sasl_tls_security_options = forward_secrecy\n"); },
               gravity::problem, "leave none of"},
           row{"anonymous", [](auto& s) { s.add_main("smtpd_sasl_tls_security_options =\n"); }, gravity::warning,
               "anonymous logins"},
           row{"filter of nothing", [](auto& s) { s.add_main("smtpd_sasl_mechanism_filter = plain, kerberos_v3\n"); },
               gravity::warning, "kerberos_v3"},
           row{"no socket", [](auto& s) { s.add_main("smtpd_sasl_path = " + s.path() + "/gone\n"); }, gravity::problem,
               "cannot be reached"},
           row{"no socket but a file",
               [](auto& s) {
                 s.write("file", "");
                 s.add_main("smtpd_sasl_path = " + s.path() + "/file\n");
               },
               gravity::problem, "is not a socket"},
       }) {
    expect(one);
  }
}

TEST(check, speaks_of_the_machine) {
  for (auto const& one : {
           row{"host name", [](auto& s) { s.add_main("myhostname = server\n"); }, gravity::warning,
               "myhostname is server"},
           row{"host name of nobody", [](auto& s) { s.add_main("myhostname = a.localdomain\n"); }, gravity::warning,
               "myhostname is a.localdomain"},
           row{"not our address", [](auto& s) { s.set_master("192.0.2.1:2587 inet n - n - - smtpd\n"); },
               gravity::problem, "cannot listen on"},
           row{"quarantine", [](auto& s) { s.write("spool/spool/quarantine/0-1-2", "x"); }, gravity::warning,
               "damaged"},
           row{"Postfix's mail", [](auto& s) { s.write("spool/deferred/A/ABC", "x"); }, gravity::warning, "of Postfix"},
           row{"no service", [](auto& s) { s.set_master("pickup unix n - n 60 1 pickup\n"); }, gravity::problem,
               "no service of master.cf is smtpd"},
           row{"spool is a file", [](auto& s) { s.write("spool", "x"); }, gravity::problem, "not a directory"},
       }) {
    expect(one);
  }
}

TEST(check, names_who_has_a_port) {
  server_directory server;
  auto socket = os::listen_tcp(*ip_address::parse("127.0.0.1"), 0);
  ASSERT_TRUE(socket.has_value());
  auto port = os::local_port(socket->get());
  server.set_master(fmt::format("127.0.0.1:{} inet n - n - - smtpd\n", port));
  auto text = all_text(server.check());
  EXPECT_TRUE(text.contains(fmt::format("127.0.0.1:{} is taken by", port))) << text;
  EXPECT_TRUE(text.contains(fmt::format("(pid {})", ::getpid()))) << text;
}

TEST(check, gives_file_and_line) {
  server_directory server;
  server.add_main("smtpd_sasl_type = cyrus\n");
  auto text = all_text(server.check());
  EXPECT_TRUE(text.contains(server.path() + "/etc/main.cf:11: warning: smtpd_sasl_type = cyrus")) << text;
}

TEST(check, judges_main_cf_without_master_cf) {
  server_directory server;
  server.add_main("smtpd_tls_auth_only = no\n");
  server.check();
  fs::remove(server.path() + "/etc/master.cf");
  auto findings = run_checks({.private_dir = server.path()});
  ASSERT_TRUE(findings.has_value());
  auto text = all_text(*findings);
  EXPECT_TRUE(text.contains("/etc/master.cf: error: cannot open")) << text;
  EXPECT_TRUE(text.contains("AUTH before TLS")) << text;
}

TEST(check, table_names_each_check_once) {
  std::vector<std::string_view> names;
  for (auto const& one : all_checks()) {
    EXPECT_FALSE(one.looks_for.empty());
    EXPECT_EQ(std::ranges::count(names, one.name), 0) << one.name;
    names.push_back(one.name);
  }
}

TEST(port_owner, reads_the_kernel_table) {
  constexpr std::string_view table =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
      "   0: 0100007F:0A1B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0 100 0 0 10 "
      "0\n"
      "   1: 0100007F:0A1B 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 777 1 0 20 4 30 10 "
      "-1\n"
      "   2: 00000000:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 99 1 0 100 0 0 10 "
      "0\n";
  EXPECT_EQ(parse_listening_inodes(table, 0x0A1B), std::vector<std::uint64_t>{12345});
  EXPECT_EQ(parse_listening_inodes(table, 25), std::vector<std::uint64_t>{99});
  EXPECT_TRUE(parse_listening_inodes(table, 26).empty());
  for (std::size_t cut = 0; cut < table.size(); ++cut) {
    EXPECT_LE(parse_listening_inodes(table.substr(0, cut), 0x0A1B).size(), 1U);
  }
}

}  // namespace
}  // namespace postern::admin
