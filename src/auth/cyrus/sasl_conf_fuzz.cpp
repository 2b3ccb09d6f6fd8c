#include <cstdlib>

#include "auth/cyrus/cyrus_options.hpp"
#include "auth/cyrus/sasl_conf.hpp"
#include "auth/cyrus/sql_plugin.hpp"
#include "auth/sql/sql_source.hpp"
#include "sasl/scram_verifier.hpp"

// smtpd.conf is anything. Properties: each failure begins with the file's name; keys are lower-case, values not empty
// and without blanks around them; what is written back reads the same; options stay within their limits.
namespace {

using namespace postern;
using namespace postern::auth::cyrus;

void require(bool ok) {
  if (!ok) std::abort();
}

std::string format(sasl_conf const& conf) {
  std::string out;
  for (auto const& entry : conf.entries()) out += entry.key + ": " + entry.value + "\n";
  return out;
}

void check_options(sasl_conf conf) {
  auto const options = make_cyrus_options(std::move(conf));
  if (!options) return require(options.error().text.starts_with("c"));
  require(options->log_level >= 0 && options->log_level <= 7);
  require(options->scram_iterations >= sasl::scram_iterations_min &&
          options->scram_iterations <= sasl::scram_iterations_max);
  require(options->saslauthd_path.starts_with('/') && options->sasldb_path.starts_with('/'));
  for (auto const& method : options->methods) require(method != "alwaystrue" && method != "auxprop-hashed");
  auto const sql = load_sql_options({.options = *options, .host = "h", .server_secret = {}});
  if (auto const bad = auth::check_sql_options(sql)) require(!bad->option.empty() && !bad->why.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  std::string_view const input(reinterpret_cast<char const*>(data), size);
  auto conf = parse_sasl_conf(input, "c");
  if (!conf) {
    require(conf.error().text.starts_with("c:"));
    return 0;
  }
  for (auto const& [key, value, line] : conf->entries()) {
    require(!key.empty() && !value.empty() && line > 0);
    for (char const c : key) require(c < 'A' || c > 'Z');
  }
  auto const again = parse_sasl_conf(format(*conf), "c");
  require(again.has_value() && again->entries().size() == conf->entries().size());
  for (auto const& entry : conf->entries()) require(again->text(entry.key) == conf->text(entry.key));
  check_options(std::move(*conf));
  return 0;
}
