#include "core/contact/policy.h"

#include "core/base/hash.h"

namespace nbo {

uint16_t ContactPolicy::NumberOfGroup(absl::string_view id) {
  return id.empty() ? 0 : NumberOfGroupKey(Hash64(id), id);
}

uint16_t ContactPolicy::NumberOfGroupKey(uint64_t key, absl::string_view id) {
  if (key == 0) return 0;
  const auto [it, is_new] = group_numbers_.try_emplace(key, static_cast<uint16_t>(groups.size()));
  if (is_new) groups.push_back({key, std::string(id)});
  return it->second;
}

void ContactPolicy::AddOffer(absl::string_view offer_id, const OfferContactPolicy& offer) {
  AddOfferByKey(Hash64(offer_id), offer);
}

void ContactPolicy::AddOfferByKey(uint64_t key, const OfferContactPolicy& offer) {
  positions.emplace(key, static_cast<int32_t>(offers.size()));
  offers.push_back(offer);
  has_offer_rules |= offer.has_own_cap || offer.cooldowns.any();
}

}  // namespace nbo
