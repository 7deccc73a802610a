// What is known at a decision: the sources from which words get their values.
#ifndef NBO_CORE_CATALOG_KNOWN_H_
#define NBO_CORE_CATALOG_KNOWN_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/catalog/catalog.h"
#include "core/decision/request.h"
#include "core/features/features.h"
#include "core/population/rfm.h"
#include "core/profile/identity.h"
#include "core/profile/state.h"
#include "core/rules/value.h"

namespace nbo {

// A moment as seen at a place.
struct Moment {
  absl::Time now;
  absl::TimeZone zone;
  absl::TimeZone::CivilInfo local;
  Day today = 0;

  static Moment At(absl::Time now, const absl::TimeZone& zone);
};

// Products and categories of a basket by their hashes; made when first asked. As everywhere for categories, 64 bits are
// taken for the name.
class BasketKeys {
 public:
  // True if the basket holds a product or a category of the offer.
  bool Holds(const OfferRequest& request, const Offer& offer) const;

 private:
  mutable bool made_ = false;
  mutable std::vector<uint64_t> products_;
  mutable std::vector<uint64_t> categories_;
};

// Pointers are the caller's. What is about the request or an offer is unset until there is one.
struct Known {
  // The totals of a category, null if it was never bought. Rules ask for several fields of one in a row.
  const CategoryTotals* FindCategory(uint64_t key) const {
    if (key != last_category || !last_known) {
      last_totals = state->FindCategory(key);
      last_category = key;
      last_known = true;
    }
    return last_totals;
  }

  // The customer's share of revenue in these categories, 0..1; and the visits with them, added up.
  double AffinityTo(absl::Span<const uint64_t> category_keys) const;
  int64_t VisitsWith(absl::Span<const uint64_t> category_keys) const;

  // The customer; of somebody unknown the empty state.
  bool customer_known = false;
  const CustomerState* state = nullptr;
  CustomerFeatures features;
  RfmScores rfm;
  absl::string_view rfm_segment;
  IdentityTypes identity_types = 0;
  rules::Value segments;

  Moment moment;
  double minor_per_major = 100;

  const OfferRequest* request = nullptr;
  double context_weight = 1;
  BasketKeys basket_keys;

  const Offer* offer = nullptr;

  // What FindCategory found last.
  mutable uint64_t last_category = 0;
  mutable const CategoryTotals* last_totals = nullptr;
  mutable bool last_known = false;

  rules::Value Major(int64_t minor) const { return rules::Value::Double(static_cast<double>(minor) / minor_per_major); }
};

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_KNOWN_H_
