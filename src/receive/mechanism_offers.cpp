#include "receive/mechanism_offers.hpp"

namespace postern::receive {

std::shared_ptr<smtp::mechanism_offer const> mechanism_offers::find(
    std::shared_ptr<service_settings const> const& settings, std::vector<sasl::dovecot::mechanism_offer> const& offered,
    std::uint64_t number, login_means const& means, bool announced) {
  if (settings != settings_ || number != number_) {
    decided_ = {};
    settings_ = settings;
    number_ = number;
  }
  auto const which =
      (means.channel_bindings ? 4U : 0U) + (means.certificate_user.empty() ? 0U : 2U) + (announced ? 1U : 0U);
  auto& kept = decided_[which];
  if (!kept) {
    auto offer = decide_mechanism_offer(*settings, offered, means);
    offer.announced = announced;
    kept = std::make_shared<smtp::mechanism_offer const>(std::move(offer));
  }
  return kept;
}

}  // namespace postern::receive
