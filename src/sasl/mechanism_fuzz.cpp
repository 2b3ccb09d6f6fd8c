#include <cstdlib>

#include "sasl/mechanism.hpp"
#include "sasl/test_exchange.hpp"

// Properties: no mechanism crashes or asks on for ever; none yields a login with an empty user or password; none is
// satisfied by what the fuzzer made up (the account's secrets are nowhere in its input).
// Input: one octet chooses the mechanism, one what the driver knows, then responses between LFs (a NUL stands for none
// first).
namespace sasl = postern::sasl;

namespace {

void require(bool ok) {
  if (!ok) std::abort();
}

std::string_view take_response(std::string_view& input) {
  auto const end = input.find('\n');
  auto const response = input.substr(0, end);
  input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
  return response;
}

/// Its context is never complete: no Kerberos library is fuzzed here.
class false_context final : public sasl::gss_context {
 public:
  postern::result<accepted> accept(std::string_view token) override {
    if (token.starts_with('x')) return postern::fail("no ticket");
    return accepted{std::string(token.substr(0, 8)), token.starts_with('c')};
  }
  postern::result<std::string> initiator() override { return "joe@EXAMPLE.ORG"; }
  postern::result<std::string> wrap(std::string_view message) override { return std::string(message); }
  postern::result<std::string> unwrap(std::string_view message) override { return std::string(message); }
};

sasl::testing::test_account const& account_of(unsigned char choice) {
  using form = sasl::shared_secret::form;
  static auto const accounts = [] {
    std::vector<sasl::testing::test_account> all(5);
    auto const salt = std::string("salt");
    for (auto& one : all) {
      one.keys.assign(2, {sasl::scram_iterations_min, salt, std::string(20, 'k'), std::string(20, 's')});
    }
    all[1].stored = sasl::shared_secret{form::plaintext, postern::secret("p\xc3\xa4ss that no fuzzer finds"), {}};
    all[2].stored = sasl::shared_secret{form::cram_md5, postern::secret(std::string(64, '7')), {}};
    all[3].stored = sasl::shared_secret{form::digest_md5, postern::secret(std::string(32, '7')), "mail.example"};
    all[4].token = {.good = false, .user = {}, .error = "invalid_token"};
    return all;
  }();
  return accounts[choice % accounts.size()];
}

sasl::server_parameters parameters_of(unsigned char choice) {
  auto parameters = sasl::testing::test_parameters();
  if (choice & 64U) parameters.realms = {"mail.example", "other.example"};
  if (choice & 128U) parameters.bindings = {{"tls-exporter", "channel"}};
  parameters.plus_offered = (choice & 128U) != 0;
  parameters.make_gss = [] { return std::make_unique<false_context>(); };
  return parameters;
}

bool proves_nothing(sasl::credential_need need) {
  return need == sasl::credential_need::nothing || need == sasl::credential_need::certificate;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  if (size < 2) return 0;
  auto const rows = sasl::mechanisms();
  auto const& row = rows[data[0] % rows.size()];
  auto const parameters = parameters_of(data[1]);
  auto const& account = account_of(data[1] & 63U);
  std::string_view input(reinterpret_cast<char const*>(data) + 2, size - 2);
  bool const no_initial_response = input.starts_with('\0');
  if (no_initial_response) input.remove_prefix(1);

  auto const exchange = row.make_server(parameters);
  auto action = no_initial_response ? exchange->start(std::nullopt) : exchange->start(take_response(input));
  action = sasl::testing::answer_questions(*exchange, std::move(action), account);
  for (int step = 0; std::holds_alternative<sasl::challenge>(action); ++step) {
    require(step < 16);
    action = sasl::testing::answer_questions(*exchange, exchange->step(take_response(input)), account);
  }
  if (auto const* const login = std::get_if<sasl::verify_plain>(&action)) {
    require(!login->user.empty() && !login->password.empty());
  }
  if (std::holds_alternative<sasl::authenticated>(action)) require(proves_nothing(row.needs));
  return 0;
}
