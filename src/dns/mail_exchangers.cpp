#include "dns/mail_exchangers.hpp"

#include <algorithm>
#include <map>

namespace postern::dns {

bool is_null_mx(std::vector<mail_exchanger> const& exchangers) {
  return exchangers.size() == 1 && exchangers.front().host.empty();
}

void order_exchangers(std::vector<mail_exchanger>& exchangers, random_below const& random) {
  if (random) {
    for (std::size_t left = exchangers.size(); left > 1; --left)
      std::swap(exchangers[left - 1], exchangers[random(left)]);
  }
  // A multimap keeps equals in order; std::stable_sort of libstdc++ 12 warns of its own insides.
  std::multimap<std::uint16_t, mail_exchanger> sorted;
  for (auto& one : exchangers) sorted.emplace(one.preference, std::move(one));
  std::ranges::transform(sorted, exchangers.begin(), [](auto& entry) { return std::move(entry.second); });
}

bool eliminate_self(std::vector<mail_exchanger>& exchangers,
                    std::function<bool(mail_exchanger const&)> const& is_self) {
  auto self = std::ranges::find_if(exchangers, is_self);
  if (self == exchangers.end()) return false;
  auto preference = self->preference;
  std::erase_if(exchangers, [&](auto const& one) { return one.preference >= preference; });
  return true;
}

}  // namespace postern::dns
