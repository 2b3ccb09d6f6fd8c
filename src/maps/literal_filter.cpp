#include "maps/literal_filter.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <span>

namespace postern::maps {
namespace {

constexpr std::size_t gram_octets_max = 4;
constexpr std::size_t frequency_slots = 1U << 18U;
constexpr std::size_t run_octets_max = std::numeric_limits<std::uint16_t>::max();

// Its length is part of a gram, so that grams of different lengths are different, and none is 0.
std::uint64_t gram_at(std::string_view text, std::size_t place, std::size_t octets) {
  std::uint64_t out = octets;
  for (std::size_t i = 0; i < octets; ++i) out = (out << 8U) | static_cast<unsigned char>(text[place + i]);
  return out;
}

std::size_t mixed(std::uint64_t gram) {
  gram *= 0x9E3779B97F4A7C15ULL;
  return static_cast<std::size_t>(gram >> 24U);
}

std::size_t gram_octets(std::string_view run) { return std::min(run.size(), gram_octets_max); }

}  // namespace

void literal_filter::add(required_literals literals) { added_.push_back(std::move(literals)); }

void literal_filter::finish() {
  count_grams();
  for (std::uint32_t id = 0; id < added_.size(); ++id) {
    if (added_[id].alternatives.empty()) always_.push_back(id);
    for (auto const& runs : added_[id].alternatives) file(id, runs);
  }
  added_ = {};
  frequency_ = {};
  build_slots();
}

// Two grams may share a counter: the choice is a little worse then, never wrong.
void literal_filter::count_grams() {
  frequency_.assign(frequency_slots, 0);
  for (auto const& one : added_) {
    for (auto const& runs : one.alternatives) {
      for (auto const& run : runs) {
        auto const octets = gram_octets(run);
        for (std::size_t i = 0; i + octets <= run.size(); ++i)
          ++frequency_[mixed(gram_at(run, i, octets)) % frequency_slots];
      }
    }
  }
}

void literal_filter::file(std::uint32_t id, std::vector<std::string> const& runs) {
  std::string_view best;
  std::size_t best_offset = 0;
  auto best_cost = std::numeric_limits<std::uint64_t>::max();
  for (std::string_view run : runs) {
    run = run.substr(0, run_octets_max);
    auto const octets = gram_octets(run);
    for (std::size_t i = 0; i + octets <= run.size(); ++i) {
      // A short gram turns up in any text: it is taken only where there is nothing longer.
      auto const shortness = static_cast<std::uint64_t>(gram_octets_max - octets) << 32U;
      auto const cost = shortness + frequency_[mixed(gram_at(run, i, octets)) % frequency_slots];
      if (cost >= best_cost) continue;
      best_cost = cost;
      best = run;
      best_offset = i;
    }
  }
  auto const octets = gram_octets(best);
  has_grams_of_[octets] = true;
  needles_.push_back({gram_at(best, best_offset, octets), id, static_cast<std::uint32_t>(texts_.size()),
                      static_cast<std::uint16_t>(best.size()), static_cast<std::uint16_t>(best_offset)});
  texts_ += best;
}

void literal_filter::build_slots() {
  std::ranges::sort(needles_, {}, &needle::gram);
  slots_.assign(std::bit_ceil(2 * needles_.size() + 2), {});
  for (std::uint32_t i = 0; i < needles_.size();) {
    auto end = i;
    while (end < needles_.size() && needles_[end].gram == needles_[i].gram) ++end;
    auto place = mixed(needles_[i].gram) % slots_.size();
    while (slots_[place].gram != 0) place = (place + 1) % slots_.size();
    slots_[place] = {needles_[i].gram, i, end - i};
    i = end;
  }
}

literal_filter::slot const* literal_filter::find(std::uint64_t gram) const {
  auto place = mixed(gram) % slots_.size();
  while (slots_[place].gram != 0) {
    if (slots_[place].gram == gram) return &slots_[place];
    place = (place + 1) % slots_.size();
  }
  return nullptr;
}

void literal_filter::collect_grams(std::string_view folded, std::size_t octets,
                                   std::vector<std::uint32_t>& into) const {
  for (std::size_t i = 0; i + octets <= folded.size(); ++i) {
    auto const* found = find(gram_at(folded, i, octets));
    if (found == nullptr) continue;
    for (auto const& one : std::span(needles_).subspan(found->first, found->count)) {
      if (one.offset > i) continue;
      auto const run = std::string_view(texts_).substr(one.text, one.octets);
      if (folded.substr(i - one.offset).starts_with(run)) into.push_back(one.id);
    }
  }
}

void literal_filter::collect(std::string_view subject, std::vector<std::uint32_t>& into) const {
  thread_local std::string folded;
  fold_for_literals(subject, folded);
  into.assign(always_.begin(), always_.end());
  for (std::size_t octets = 1; octets <= gram_octets_max; ++octets) {
    if (has_grams_of_[octets]) collect_grams(folded, octets, into);
  }
  std::ranges::sort(into);
  into.erase(std::ranges::unique(into).begin(), into.end());
}

}  // namespace postern::maps
