#include <algorithm>
#include <array>
#include <vector>

#include "config/parameter.hpp"
#include "config/parameter_tables.hpp"

namespace postern::config {
namespace {

std::vector<parameter> gather() {
  std::vector<parameter> rows;
  for (auto table :
       {smtpd_parameters(), smtpd_auth_tls_parameters(), smtp_parameters(), lmtp_parameters(), queue_parameters(),
        local_parameters(), general_parameters(), cleanup_parameters(), postscreen_parameters(), postern_parameters(),
        postern_oauth_parameters(), postern_abuse_parameters()}) {
    rows.insert(rows.end(), table.begin(), table.end());
  }
  std::ranges::sort(rows, {}, &parameter::name);
  return rows;
}

// Each transport of master.cf has one parameter a suffix; spawn services have the last one.
constexpr std::array suffixes{
    transport_suffix{"_recipient_limit", "default_recipient_limit"},
    transport_suffix{"_extra_recipient_limit", "default_extra_recipient_limit"},
    transport_suffix{"_recipient_refill_limit", "default_recipient_refill_limit"},
    transport_suffix{"_recipient_refill_delay", "default_recipient_refill_delay"},
    transport_suffix{"_delivery_slot_cost", "default_delivery_slot_cost"},
    transport_suffix{"_delivery_slot_loan", "default_delivery_slot_loan"},
    transport_suffix{"_delivery_slot_discount", "default_delivery_slot_discount"},
    transport_suffix{"_minimum_delivery_slots", "default_minimum_delivery_slots"},
    transport_suffix{"_initial_destination_concurrency", "initial_destination_concurrency"},
    transport_suffix{"_destination_concurrency_limit", "default_destination_concurrency_limit"},
    transport_suffix{"_destination_recipient_limit", "default_destination_recipient_limit"},
    transport_suffix{"_destination_concurrency_positive_feedback", "default_destination_concurrency_positive_feedback"},
    transport_suffix{"_destination_concurrency_negative_feedback", "default_destination_concurrency_negative_feedback"},
    transport_suffix{"_destination_concurrency_failed_cohort_limit",
                     "default_destination_concurrency_failed_cohort_limit"},
    transport_suffix{"_destination_rate_delay", "default_destination_rate_delay"},
    transport_suffix{"_transport_rate_delay", "default_transport_rate_delay"},
    transport_suffix{"_time_limit", "command_time_limit"},
};

}  // namespace

std::span<parameter const> all_parameters() {
  static std::vector<parameter> const rows = gather();
  return rows;
}

parameter const* find_parameter(std::string_view name) {
  auto rows = all_parameters();
  auto found = std::ranges::lower_bound(rows, name, {}, &parameter::name);
  return found != rows.end() && found->name == name ? &*found : nullptr;
}

transport_parameter find_transport_parameter(std::string_view name) {
  transport_parameter best;
  for (auto const& [suffix, fallback] : suffixes) {
    bool const longer = suffix.size() > best.suffix.size();
    if (name.size() > suffix.size() && name.ends_with(suffix) && longer) {
      best = {name.substr(0, name.size() - suffix.size()), suffix, find_parameter(fallback)};
    }
  }
  return best;
}

std::span<transport_suffix const> transport_suffixes() { return suffixes; }

std::string_view format_value_type(value_type type) {
  switch (type) {
    case value_type::text:
      return "text";
    case value_type::raw:
      return "raw text";
    case value_type::list:
      return "list";
    case value_type::enumeration:
      return "one of several words";
    case value_type::boolean:
      return "yes or no";
    case value_type::integer:
      return "integer";
    case value_type::size:
      return "size in octets";
    case value_type::duration:
      return "time";
  }
  return "";
}

}  // namespace postern::config
