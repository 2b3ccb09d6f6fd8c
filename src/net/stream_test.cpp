#include "net/stream.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include "net/listener.hpp"
#include "net/one_shot.hpp"
#include "net/task_scope.hpp"
#include "net/tls_context.hpp"

namespace postern::net {
namespace {

using namespace std::chrono_literals;

tls_identity make_identity() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<unsigned char const*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  X509_set_pubkey(certificate, key);
  X509_sign(certificate, key, EVP_sha256());
  auto text = [](auto write) {
    BIO* out = BIO_new(BIO_s_mem());
    write(out);
    char* data = nullptr;
    auto length = BIO_get_mem_data(out, &data);
    std::string made(data, static_cast<std::size_t>(length));
    BIO_free(out);
    return made;
  };
  tls_identity identity;
  identity.certificates_pem = text([&](BIO* out) { PEM_write_bio_X509(out, certificate); });
  identity.key_pem =
      secret(text([&](BIO* out) { PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); }));
  identity.named = "test";
  X509_free(certificate);
  EVP_PKEY_free(key);
  return identity;
}

os::unique_fd listen_on_loopback(endpoint& at) {
  os::unique_fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(socket.get(), 8), 0);
  at = *local_endpoint(socket.get());
  return socket;
}

void run_until_done(event_loop& loop, task_scope const& scope) {
  auto until = std::chrono::steady_clock::now() + 60s;
  while (scope.size() > 0 && std::chrono::steady_clock::now() < until) loop.context().run_one_for(1s);
  EXPECT_EQ(scope.size(), 0U);
}

// Echoes what comes until the client goes; under TLS when there is a context.
task<> echo_once(listener& from, event_loop& loop, std::shared_ptr<tls_context> tls) {
  auto accepted = co_await from.accept();
  EXPECT_TRUE(accepted.has_value());
  stream peer(loop, std::move(*accepted));
  if (tls) {
    auto shaken = co_await peer.start_tls(tls_session::accept(*tls, peer.native_handle()), 30s);
    EXPECT_TRUE(shaken.has_value()) << shaken.error().text;
  }
  char buffer[4096];
  for (;;) {
    auto readable = co_await peer.wait_readable(30s);
    if (!readable) break;
    auto got = co_await peer.read_some(buffer, 30s);
    if (!got) break;
    co_await peer.write({buffer, *got}, 30s);
  }
}

struct seen {
  std::string echoed;
  tls_info info;
};

task<> talk(event_loop& loop, endpoint to, std::shared_ptr<tls_context> tls, std::string text, seen& out) {
  auto connected = co_await connect_tcp(loop, to, 30s);
  EXPECT_TRUE(connected.has_value());
  auto& peer = **connected;
  if (tls) {
    auto shaken = co_await peer.start_tls(tls_session::connect(*tls, peer.native_handle(), "mail.example.com."), 30s);
    EXPECT_TRUE(shaken.has_value()) << shaken.error().text;
    out.info = peer.tls()->info();
  }
  auto written = co_await peer.write(text, 30s);
  EXPECT_TRUE(written.has_value());
  char buffer[4096];
  while (out.echoed.size() < text.size()) {
    auto got = co_await peer.read_some(buffer, 30s);
    if (!got) break;
    out.echoed.append(buffer, *got);
  }
  peer.close();
}

class streams : public testing::TestWithParam<bool> {};

TEST_P(streams, carry_what_is_written) {
  event_loop loop;
  task_scope scope(loop);
  endpoint at;
  listener from(loop, listen_on_loopback(at));
  std::shared_ptr<tls_context> server, client;
  if (GetParam()) {
    tls_options options;
    options.identities.push_back(make_identity());
    options.ticket_keys = std::make_shared<tls_ticket_keys>(tls_ticket_keys::random(1h));
    auto made = tls_context::make_server(std::move(options));
    ASSERT_TRUE(made.has_value()) << made.error().text;
    server = *made;
    client = *tls_context::make_client({});
  }
  seen out;
  std::string text(200'000, 'x');
  scope.spawn(echo_once(from, loop, server), "server");
  scope.spawn(talk(loop, at, client, text, out), "client");
  run_until_done(loop, scope);
  EXPECT_EQ(out.echoed, text);
  if (GetParam()) {
    EXPECT_EQ(out.info.protocol, "TLSv1.3");
    EXPECT_EQ(out.info.server_signature.text(), "ECDSA (prime256v1)");
    EXPECT_EQ(out.info.server_name, "mail.example.com");
  }
}

INSTANTIATE_TEST_SUITE_P(plain_and_tls, streams, testing::Bool());

task<> say_last_words(listener& from, event_loop& loop, std::shared_ptr<tls_context> tls) {
  auto accepted = co_await from.accept();
  EXPECT_TRUE(accepted.has_value());
  stream peer(loop, std::move(*accepted));
  auto shaken = co_await peer.start_tls(tls_session::accept(*tls, peer.native_handle()), 30s);
  EXPECT_TRUE(shaken.has_value());
  auto written = co_await peer.write_last("221 Bye", 30s);
  EXPECT_TRUE(written.has_value());
  // The connection stands until the client has gone: what it heard was not sent by closing.
  char buffer[16];
  auto got = co_await peer.read_some(buffer, 30s);
  EXPECT_FALSE(got.has_value());
}

task<> hear_last_words(event_loop& loop, endpoint to, std::shared_ptr<tls_context> tls, std::string& heard,
                       io_problem& end) {
  auto connected = co_await connect_tcp(loop, to, 30s);
  EXPECT_TRUE(connected.has_value());
  auto& peer = **connected;
  auto shaken = co_await peer.start_tls(tls_session::connect(*tls, peer.native_handle(), "localhost"), 30s);
  EXPECT_TRUE(shaken.has_value());
  char buffer[16];
  auto got = co_await peer.read_some(buffer, 30s);
  while (got) {
    heard.append(buffer, *got);
    got = co_await peer.read_some(buffer, 30s);
  }
  end = got.error().problem;
  peer.close();
}

TEST(stream, last_words_and_goodbye_arrive_while_the_connection_stands) {
  event_loop loop;
  task_scope scope(loop);
  endpoint at;
  listener from(loop, listen_on_loopback(at));
  tls_options options;
  options.identities.push_back(make_identity());
  auto server = tls_context::make_server(std::move(options)).value();
  auto client = tls_context::make_client({}).value();
  std::string heard;
  auto end = io_problem::failed;
  scope.spawn(say_last_words(from, loop, server), "server");
  scope.spawn(hear_last_words(loop, at, client, heard, end), "client");
  run_until_done(loop, scope);
  EXPECT_EQ(heard, "221 Bye");
  EXPECT_EQ(end, io_problem::closed);
}

task<> read_with_deadline(stream& from, io_problem& problem, timeout within = 50ms) {
  char buffer[16];
  auto got = co_await from.read_some(buffer, within);
  problem = got ? io_problem::failed : got.error().problem;
}

TEST(stream, a_read_ends_at_its_deadline) {
  event_loop loop;
  task_scope scope(loop);
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  stream left(loop, os::unique_fd(ends[0]));
  os::unique_fd right(ends[1]);
  auto problem = io_problem::failed;
  scope.spawn(read_with_deadline(left, problem), "reader");
  run_until_done(loop, scope);
  EXPECT_EQ(problem, io_problem::timed_out);
}

TEST(stream, a_near_deadline_does_not_wait_for_a_distant_one) {
  event_loop loop;
  task_scope patient(loop), hasty(loop);
  int ends[2];
  int other_ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, other_ends), 0);
  stream left(loop, os::unique_fd(ends[0])), other_left(loop, os::unique_fd(other_ends[0]));
  os::unique_fd right(ends[1]), other_right(other_ends[1]);
  auto first = io_problem::failed, second = io_problem::failed, third = io_problem::failed;
  patient.spawn(read_with_deadline(left, first, 1h), "patient reader");
  hasty.spawn(read_with_deadline(other_left, second), "hasty reader");
  run_until_done(loop, hasty);
  EXPECT_EQ(second, io_problem::timed_out);
  hasty.spawn(read_with_deadline(other_left, third), "hasty reader, after a sweep");
  run_until_done(loop, hasty);
  EXPECT_EQ(third, io_problem::timed_out);
  EXPECT_EQ(patient.size(), 1U);
  patient.cancel_all();
  run_until_done(loop, patient);
}

TEST(stream, cancelling_the_scope_ends_a_wait) {
  event_loop loop;
  task_scope scope(loop);
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  stream left(loop, os::unique_fd(ends[0]));
  os::unique_fd right(ends[1]);
  auto problem = io_problem::failed;
  scope.spawn(read_with_deadline(left, problem), "reader");
  loop.post([&] { scope.cancel_all(); });
  run_until_done(loop, scope);
  EXPECT_NE(problem, io_problem::timed_out);
}

task<> take_answer(one_shot<int>& from, std::chrono::milliseconds within, std::optional<int>& out) {
  out = co_await from.wait(within);
}

TEST(one_shot, gives_the_answer_or_nothing_at_the_deadline) {
  event_loop loop;
  task_scope scope(loop);
  one_shot<int> answered(loop), early(loop), never_answered(loop);
  std::optional<int> first, second, third = 1;
  early.answer(2);
  scope.spawn(take_answer(answered, 5000ms, first), "first");
  scope.spawn(take_answer(early, 5000ms, second), "second");
  scope.spawn(take_answer(never_answered, 50ms, third), "third");
  loop.post([&] { answered.answer(1); });
  run_until_done(loop, scope);
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 2);
  EXPECT_EQ(third, std::nullopt);
}

TEST(tls_ticket_keys, advance_alike_and_forget) {
  auto seed = secret(std::string(32, 's'));
  tls_ticket_keys one(5, seed, 1h), other(5, seed, 1h);
  EXPECT_EQ(tls_ticket_keys::parse(one.handed_down().reveal())->handed_down().reveal(), other.handed_down().reveal());
  auto now = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch() / 1h);
  tls_ticket_keys a(now - 1, seed, 1h), b(now - 2, seed, 1h), c(now - 1, seed, 1h);
  EXPECT_EQ(a.current().name, c.current().name);
  EXPECT_NE(a.current().name, b.current().name);
  EXPECT_EQ(a.find(std::array<unsigned char, 16>{}.data()), nullptr);
}

}  // namespace
}  // namespace postern::net
