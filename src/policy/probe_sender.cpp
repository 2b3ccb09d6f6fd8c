#include "policy/probe_sender.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace postern::policy {
namespace {

// No vowels: no words.
constexpr std::string_view digits = "0123456789BCDFGHJKLMNPQRSTVWXYZ";

std::string format_base_31(std::uint64_t number) {
  std::string out;
  do {
    out += digits[number % digits.size()];
    number /= digits.size();
  } while (number != 0);
  std::ranges::reverse(out);
  return out;
}

}  // namespace

probe_sender probe_sender::load(config::settings const& settings) {
  probe_sender out;
  auto address = settings.text("address_verify_sender");
  if (address.empty() || address == "<>") return out;
  auto const at = address.rfind('@');
  out.local_part_ = address.substr(0, at);
  out.domain_ = at == std::string::npos ? settings.text("myorigin") : address.substr(at + 1);
  out.ttl_ = settings.duration("address_verify_sender_ttl");
  return out;
}

std::string probe_sender::plain() const { return local_part_.empty() ? std::string() : local_part_ + "@" + domain_; }

std::string probe_sender::in_period(std::uint64_t number) const {
  return local_part_ + format_base_31(number) + "@" + domain_;
}

std::string probe_sender::at(wall_time now) const {
  if (local_part_.empty() || ttl_.count() == 0) return plain();
  auto const since = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  return in_period(static_cast<std::uint64_t>(since / ttl_));
}

bool probe_sender::knows(std::string_view address, wall_time now) const {
  if (local_part_.empty() || address.size() < local_part_.size()) return false;
  if (!iequals(address.substr(0, local_part_.size()), local_part_)) return false;
  return std::ranges::any_of(std::initializer_list<wall_time>{now - ttl_, now, now + ttl_},
                             [&](wall_time when) { return iequals(address, at(when)); });
}

}  // namespace postern::policy
