// Any octets as main.cf and master.cf: no crash, bounded expansion, and what was read can be written back and read
// again.
#include <cstdlib>

#include "config/master_cf.hpp"
#include "config/postconf.hpp"
#include "config/settings.hpp"

namespace {

using namespace postern::config;

void require(bool good) {
  if (!good) std::abort();
}

/// Entries that are formatted again are the same entries.
void check_round_trip(main_cf const& file) {
  std::string text;
  for (auto const& entry : file.entries) text += entry.name + " = " + entry.value + "\n";
  auto const again = parse_main_cf(text);
  // A name that begins with '#' could only come from a value, and there is no such entry.
  require(again.entries.size() == file.entries.size());
  for (std::size_t i = 0; i < again.entries.size(); ++i) {
    require(again.entries[i].name == file.entries[i].name && again.entries[i].value == file.entries[i].value);
  }
}

void check_edit(std::string_view text) {
  std::string warnings;
  auto edited = edit_main_cf(text, postconf_options::action::edit, {"relayhost=[fuzz]"}, warnings);
  require(edited.has_value());
  bool found = false;
  for (auto const& entry : parse_main_cf(*edited).entries) {
    if (entry.name != "relayhost") continue;
    require(entry.value == "[fuzz]");
    found = true;
  }
  require(found);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  std::string const text(data, data + size);
  check_round_trip(parse_main_cf(text));
  check_edit(text);
  load_request request;
  request.config_dir = "/nonexistent";
  request.tolerate_errors = true;
  request.detect_host = [] { return host_facts{"fuzz.example.org", {}}; };
  auto const configured = settings::load_text(text, request);
  require(configured.has_value());
  for (auto const& entry : configured->main_cf_entries()) {
    auto expanded = configured->expand(entry.value);
    require(!expanded || expanded->size() <= (1U << 20U));
  }
  auto const services = parse_master_cf(text, "master.cf", *configured);
  for (auto const& service : services.services) require(!service.command.empty());
  return 0;
}
