#include "core/catalog/terms.h"

#include <cmath>

#include "core/base/hash.h"

namespace nbo {

int64_t MinorOf(double major, double minor_per_major) { return std::llround(major * minor_per_major); }

std::vector<OfferBudget> BudgetsOf(const Catalog& catalog, double minor_per_major) {
  std::vector<OfferBudget> budgets;
  for (size_t i = 0; i < catalog.offers.size(); ++i) {
    const Offer& offer = catalog.offers[i];
    BudgetLimits limits{offer.terms.budget_count, kNoLimit, offer.terms.per_customer};
    if (offer.terms.budget_amount) limits.minor = MinorOf(*offer.terms.budget_amount, minor_per_major);
    if (!limits.bounded()) continue;
    budgets.push_back({i, Hash64(offer.id), limits, MinorOf(offer.cost, minor_per_major)});
  }
  return budgets;
}

std::vector<PropensityPrior> PriorsOf(const Catalog& catalog) {
  std::vector<PropensityPrior> priors;
  priors.reserve(catalog.offers.size());
  for (const Offer& offer : catalog.offers) {
    priors.push_back({Hash64(offer.id), offer.propensity, offer.terms.evidence});
  }
  return priors;
}

std::vector<uint64_t> RfmSegmentKeys(const Catalog& catalog) {
  std::vector<uint64_t> keys;
  for (const RfmSegment& segment : catalog.rfm.segments()) keys.push_back(Hash64(segment.id));
  return keys;
}

}  // namespace nbo
