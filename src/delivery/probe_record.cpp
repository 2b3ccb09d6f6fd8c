#include "delivery/probe_record.hpp"

#include <array>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::delivery {
namespace {

std::int64_t to_unix(wall_time when) {
  return std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count();
}

bool is_success(probe_record const& record) { return record.status == ipc::verify_status::deliverable; }

}  // namespace

std::string format_probe_record(probe_record const& record) {
  return fmt::format("{}:{}:{}:{}", static_cast<unsigned>(record.status), to_unix(record.probed),
                     to_unix(record.updated), record.text);
}

std::optional<probe_record> parse_probe_record(std::string_view text) {
  std::array<std::uint64_t, 3> numbers{};
  for (auto& number : numbers) {
    auto const colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    auto const parsed = parse_unsigned(text.substr(0, colon));
    constexpr std::uint64_t end_of_time = std::uint64_t{1} << 33U;  // what is later is no time of ours
    if (!parsed || *parsed > end_of_time) return std::nullopt;
    number = *parsed;
    text.remove_prefix(colon + 1);
  }
  auto const [status, probed, updated] = numbers;
  if (status > static_cast<std::uint64_t>(ipc::verify_status::in_progress)) return std::nullopt;
  return probe_record{static_cast<ipc::verify_status>(status), wall_time(std::chrono::seconds(probed)),
                      wall_time(std::chrono::seconds(updated)), std::string(text)};
}

bool is_expired(probe_record const& record, probe_ages const& ages, wall_time now) {
  if (record.status == ipc::verify_status::in_progress) return true;
  return record.updated + (is_success(record) ? ages.positive_expire : ages.negative_expire) < now;
}

bool is_stale(probe_record const& record, probe_ages const& ages, wall_time now) {
  return record.updated + (is_success(record) ? ages.positive_refresh : ages.negative_refresh) < now;
}

bool is_worth_keeping(probe_record const& found, probe_record const* known, probe_ages const& ages, wall_time now) {
  if (is_success(found)) return true;
  if (!ages.keeps_failures) return false;
  return known == nullptr || !is_success(*known) || is_expired(*known, ages, now);
}

}  // namespace postern::delivery
