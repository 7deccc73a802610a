#include "core/catalog/basket_index.h"

#include <algorithm>

#include "core/base/hash.h"
#include "core/catalog/catalog.h"
#include "core/profile/state.h"

namespace nbo {
namespace {

// Products and categories share one map: the same text as product and as category must not be taken for the other.
uint64_t KeyOfCategory(uint64_t category_key) { return ~category_key; }

}  // namespace

void BasketIndex::Add(const Offer& offer) {
  for (const uint64_t key : offer.product_keys) pairs_.push_back({key, offers_});
  for (const uint64_t key : offer.category_keys) pairs_.push_back({KeyOfCategory(key), offers_});
  ++offers_;
}

void BasketIndex::Finish() {
  std::sort(pairs_.begin(), pairs_.end());
  lists_.reserve(pairs_.size());
  for (const auto& [key, offer] : pairs_) {
    const auto at = static_cast<int32_t>(lists_.size());
    ranges_.try_emplace(key, at, at).first->second.second = at + 1;
    lists_.push_back(offer);
  }
  pairs_ = {};
}

void BasketIndex::MarkUnder(uint64_t key, std::vector<uint8_t>* marks) const {
  const auto found = ranges_.find(key);
  if (found == ranges_.end()) return;
  for (int32_t i = found->second.first; i < found->second.second; ++i) {
    (*marks)[static_cast<size_t>(lists_[static_cast<size_t>(i)])] = 1;
  }
}

std::vector<uint8_t> BasketIndex::Find(const OfferRequest& request) const {
  std::vector<uint8_t> marks(static_cast<size_t>(offers_));
  for (const BasketLine& line : request.basket) {
    MarkUnder(Hash64(line.product_id), &marks);
    if (!line.category.empty()) MarkUnder(KeyOfCategory(CategoryKey(line.category)), &marks);
  }
  return marks;
}

}  // namespace nbo
