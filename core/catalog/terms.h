// What a catalog says of money and chances, for those who keep account of them: the book of budgets and the model of
// propensities.
#ifndef NBO_CORE_CATALOG_TERMS_H_
#define NBO_CORE_CATALOG_TERMS_H_

#include <cstdint>
#include <vector>

#include "core/budget/book.h"
#include "core/catalog/catalog.h"
#include "core/propensity/model.h"

namespace nbo {

// Major currency units, |major| at most 10^12, to the nearest minor unit; `minor_per_major` is 100 for cents.
int64_t MinorOf(double major, double minor_per_major);

// For BudgetBook::SetLimits: the offers with a limit over all persons, by position.
std::vector<OfferBudget> BudgetsOf(const Catalog& catalog, double minor_per_major);
// For PropensityModel: of all offers, and Hash64 of the ids of all RFM segments, by position.
std::vector<PropensityPrior> PriorsOf(const Catalog& catalog);
std::vector<uint64_t> RfmSegmentKeys(const Catalog& catalog);

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_TERMS_H_
