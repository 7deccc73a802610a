#include "core/catalog/known.h"

#include <algorithm>

#include "core/base/hash.h"

namespace nbo {

Moment Moment::At(absl::Time now, const absl::TimeZone& zone) {
  Moment moment{now, zone, zone.At(now)};
  moment.today = DayOf(absl::CivilDay(moment.local.cs));
  return moment;
}

bool BasketKeys::Holds(const OfferRequest& request, const Offer& offer) const {
  if (!made_) {
    for (const BasketLine& line : request.basket) {
      products_.push_back(Hash64(line.product_id));
      if (!line.category.empty()) categories_.push_back(CategoryKey(line.category));
    }
    made_ = true;
  }
  const auto& own_products = offer.product_keys;
  const auto& own_categories = offer.category_keys;
  return std::any_of(products_.begin(), products_.end(),
                     [&](uint64_t key) { return std::binary_search(own_products.begin(), own_products.end(), key); }) ||
         std::any_of(categories_.begin(), categories_.end(), [&](uint64_t key) {
           return std::find(own_categories.begin(), own_categories.end(), key) != own_categories.end();
         });
}

double Known::AffinityTo(absl::Span<const uint64_t> category_keys) const {
  double affinity = 0;
  for (const uint64_t key : category_keys) {
    if (const CategoryTotals* totals = FindCategory(key)) affinity += CategoryShare(*totals, features);
  }
  // Returns can push a share outside 0..1; a score must not follow them there.
  return std::clamp(affinity, 0.0, 1.0);
}

int64_t Known::VisitsWith(absl::Span<const uint64_t> category_keys) const {
  int64_t visits = 0;
  for (const uint64_t key : category_keys) {
    if (const CategoryTotals* totals = FindCategory(key)) visits += totals->visits;
  }
  return visits;
}

}  // namespace nbo
